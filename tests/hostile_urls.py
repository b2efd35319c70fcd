"""URLs by which somebody makes a server call what only the server reaches, and good ones beside."""

from __future__ import annotations

from dataclasses import dataclass, field

LOCAL4 = [
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.255.255",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "192.88.99.1",
]
LOCAL6 = [
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:100.64.0.1",
    "::ffff:0.0.0.0",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:0a00:1::",
    "2002:808:808::",
    "2001:0:7f00:1::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2a00:1450::5efe:7f00:1",
    "2a00:1450::200:5efe:a00:1",
    "4000::1",
    "1::1",
]
NUMBERS = [
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0x0",
    "0x7f.1",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "0xA9.0xFE.0xA9.0xFE",
    "127.0.0.1.",
    "127.00.00.01",
    "1.1",
    "10.1",
    "0300.0250.1",
    "4294967295",
    "256.256.256.256",
    "1.2.3.4.5",
    "127.0.0.0x1",
    "0x7F000001.",
]
"""Hosts that some readers take for an address, others for a name."""
NAMES = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "app.localhost",
    "metadata",
    "metadata.google.internal",
    "metadata.goog.internal",
    "instance-data",
    "instance-data.ec2.internal",
    "host.docker.internal",
    "kubernetes",
    "printer.local",
    "router.lan",
    "-bad.example.org",
    "bad-.example.org",
    "a..example.org",
    ".example.org",
]
WRITTEN = (
    "https://good.example.org@127.0.0.1/",
    "https://127.0.0.1@good.example.org/",
    "https://good.example.org:443@127.0.0.1/",
    "https://user:pass@good.example.org/",
    "https://good.example.org\\@127.0.0.1/",
    "https://127.0.0.1\\@good.example.org/",
    "https:\\\\127.0.0.1\\",
    "https://good.example.org#@127.0.0.1/",
    "https://127.0.0.1#good.example.org",
    "https://127.0.0.1?good.example.org",
    "https://good.example.org%2f@127.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%00.example.org/",
    "https://127.0.0.1%2eexample.org/",
    "https://[::1%25lo]/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:127.0.0.1]:6379/",
    "https://[::1",
    "https://::1/",
    "https://[127.0.0.1]/",
    "https://[v1.127.0.0.1]/",
    "https://good.example.org\n.127.0.0.1/",
    "https://127.0.0.1\t/",
    " https://127.0.0.1/",
    "https://good .example.org/",
    "https://good.example.org\r\nHost: 127.0.0.1/",
    "https://127\u30020\u30020\u30021/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://loc\u00adalhost/",
    "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "http://good.example.org/",
    "http://127.0.0.1:8000/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/",
    "javascript:alert(1)",
    "data:text/plain,hi",
    "ws://127.0.0.1/",
    "wss://good.example.org/",
    "unix:///var/run/docker.sock",
    "https+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "jar:https://good.example.org!/",
    "//127.0.0.1/",
    "127.0.0.1",
    "https:127.0.0.1",
    "https:/127.0.0.1/",
    "https:///127.0.0.1/",
    "https://",
    "https:",
    "",
    "https://good.example.org:22/",
    "https://good.example.org:25/",
    "https://good.example.org:80/",
    "https://good.example.org:0/",
    "https://good.example.org:65536/",
    "https://good.example.org:-1/",
    "https://good.example.org:https/",
    "https://good.example.org:/",
    "https://good.example.org:443:80/",
    "https://127.0.0.1:6379/",
    "https://good.example.org/" + "a" * 2_000,
    "https://" + "a" * 64 + ".example.org/",
    "https://" + "a." * 130 + "example.org/",
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A URL, and what its name is found to stand for, look-up by look-up."""

    url: str
    found: tuple[tuple[str, ...], ...] = field(default=())


def hostile_urls() -> list[Hostile]:
    """Return all of them."""
    direct = [f"https://{one}/hook" for one in (*LOCAL4, *NUMBERS, *NAMES)]
    direct += [f"https://[{one}]/hook" for one in LOCAL6]
    urls = [Hostile(one) for one in (*direct, *WRITTEN)]
    for number, address in enumerate((*LOCAL4, *LOCAL6)):
        urls.append(Hostile(f"https://n{number}.example.net/hook", ((address,),)))
    for number, address in enumerate(
        ("127.0.0.1", "169.254.169.254", "::1", "fd00::1", "10.0.0.1")
    ):
        public = "2a00:1450:4001:81b::200e" if ":" in address else "93.184.215.14"
        urls += [
            Hostile(f"https://rebind{number}.example.net/", ((public,), (address,), (address,))),
            Hostile(f"https://mixed{number}.example.net/", ((public, address),)),
            Hostile(f"https://mixed{number}b.example.net/", ((address, public),)),
        ]
    return urls


REDIRECTS = [
    (status, where)
    for status in (301, 302, 303, 307, 308)
    for where in ("http://127.0.0.1/", "https://169.254.169.254/latest", "//[::1]/", "https://n.x/")
]
GOOD_LITERALS = (
    "93.184.215.14", "8.8.8.8", "1.1.1.1", "151.101.1.140", "223.255.255.1", "100.63.255.255",
    "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "192.169.1.1", "169.253.1.1",
    "11.0.0.1", "9.255.255.255", "198.17.0.1", "198.20.0.1", "128.0.0.1",
)  # fmt: skip
GOOD_LITERALS6 = ("2606:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888")


def good_urls() -> list[Hostile]:
    """Return a hundred URLs that are called, and what their names stand for."""
    urls = [Hostile(f"https://{one}/") for one in GOOD_LITERALS]
    urls += [Hostile(f"https://[{one}]/hook?a=1") for one in GOOD_LITERALS6]
    shapes = (
        "https://hooks{n}.example.com/",
        "https://hooks{n}.example.com:8443/a/b;c?d=e&f=%2F%20",
        "https://hooks{n}.example.com:443/T0/B0/x-y_z~",
        "https://HOOKS{n}.example.COM/",
        "https://hooks{n}.xn--bcher-kva.example/",
        "https://a_b{n}.example.com./",
        "https://10.0.0.1.hooks{n}.example.com/",
        "https://{n}x.example.com:65535",
    )
    where = (("93.184.215.14",), ("2606:4700::1111", "8.8.4.4"), ("64:ff9b::808:808",))
    for n in range(10):
        urls += [Hostile(one.format(n=n), (where[n % len(where)],)) for one in shapes]
    return urls
