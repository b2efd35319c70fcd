// The official client, steered by lines of JSON on stdin: {url, key, way}, then
// {id, call, args} to call a method, {stop: true}. What happens is a line of JSON on stdout.
"use strict";

const readline = require("node:readline");
const signalR = require("@microsoft/signalr");

const METHODS = [
  "ItemChanged", "ProjectChanged", "SessionStarted", "SessionEnded", "ParticipantJoined",
  "ParticipantLeft", "PresenceJoined", "PresenceLeft", "PresenceList", "Alert", "Activity",
  "RoomClosed",
];

const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

// Where a program in a page runs, a WebSocket takes no headers: only what is in the URL.
class PageSocket extends require("ws") {
  constructor(url) {
    super(url);
  }
}

function options({ key, way }) {
  const chosen = { transport: signalR.HttpTransportType.WebSockets };
  if (way === "factory") return { ...chosen, accessTokenFactory: () => key };
  chosen.headers = { Authorization: `Bearer ${key}` };
  return way === "page" ? { ...chosen, WebSocket: PageSocket } : chosen;
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const told = JSON.parse((await lines.next()).value);
  const connection = new signalR.HubConnectionBuilder()
    .withUrl(told.url, options(told))
    .withAutomaticReconnect(told.again || [])
    .configureLogging(signalR.LogLevel.None)
    .build();
  for (const method of METHODS) {
    connection.on(method, (event) => say({ told: method, event }));
  }
  connection.onclose((error) => say({ closed: error ? String(error.message) : null }));
  connection.onreconnecting(() => say({ reconnecting: true }));
  connection.onreconnected((id) => say({ reconnected: id }));
  try {
    await connection.start();
    say({ started: connection.connectionId });
  } catch (error) {
    say({ refused: String(error.message) });
    process.exit(0);
  }
  for await (const line of lines) {
    const order = JSON.parse(line);
    if (order.stop) break;
    connection.invoke(order.call, ...order.args).then(
      (result) => say({ id: order.id, result: result === undefined ? null : result }),
      (error) => say({ id: order.id, error: String(error.message) }),
    );
  }
  await connection.stop();
  process.exit(0);
}

main();
