"""Questions with the plan expected for each, read against the estate of `question_world`."""

# ruff: noqa: E501 -- one phrasing a line

from __future__ import annotations

PHRASINGS: tuple[tuple[str, str], ...] = (
    # fmt: off
    ("what is checkout-api?", "lookup: ci.get id=checkout-api"),
    ("What is CHECKOUT-API ?", "lookup: ci.get id=checkout-api"),
    ("what's host-1", "lookup: ci.get id=host-1"),
    ("who is checkout-api", "lookup: ci.get id=checkout-api"),
    ("tell me about orders-db", "lookup: ci.get id=orders-db"),
    ("describe order-events", "lookup: ci.get id=order-events"),
    ("please describe the queue order events", "lookup: ci.get id=order-events"),
    ("details of payments-api", "lookup: ci.get id=payments-api"),
    ("look up host-2", "lookup: ci.get id=host-2"),
    ("show checkout-api", "lookup: ci.get id=checkout-api"),
    ("checkout-api", "lookup: ci.get id=checkout-api"),
    ('"Host 1"', "lookup: ci.get id=host-1"),
    ("what is the service checkout-api?", "lookup: ci.get id=checkout-api"),
    ('can you tell me about "checkout-api", please?', "lookup: ci.get id=checkout-api"),
    ("who owns checkout-api?", "lookup: ci.get id=checkout-api"),
    ("where is akron-sw01?", "lookup: ci.get id=akron-sw01"),
    ("what is the owner of orders-db?", "lookup: ci.get id=orders-db"),
    ("status of host-1", "lookup: ci.get id=host-1"),
    ("what type is order-events?", "lookup: ci.get id=order-events"),
    ("checkout-apii", "lookup: ci.get id=checkout-api"),
    ("what is chekout-api?", "lookup: ci.get id=checkout-api"),
    ("find orders databases", "search: ci.search filters=type eq database keywords=order"),
    ("search for orders", "search: ci.search keywords=order"),
    ('find "Comms closet"', "search: ci.search keywords=Comms closet"),
    ("find payments", "search: ci.search keywords=payment"),
    ("search payments databases", "search: ci.search filters=type eq database keywords=payment"),
    ("look for order events", "search: ci.search keywords=order,event"),
    (
        "is there a service called search-api",
        "search: ci.search filters=type eq service keywords=search-api",
    ),
    ("orders database", "lookup: ci.get id=orders-db"),
    (
        'show the switches in rack "Comms closet" at DM-Akron',
        "list: graph.expand root=rack-1 view=neighbours; ci.search filters=subtype in Access Switch,id in $around",
    ),
    (
        "show the switches in rack-3",
        "list: ci.search filters=subtype in Access Switch,tags.rack eq rack-3",
    ),
    (
        "show the routers in rack Comms closet at DM-Utica",
        "list: graph.expand root=rack-12 view=neighbours; ci.search filters=subtype eq Router,id in $around",
    ),
    (
        "list all devices in site DM-Akron",
        "list: ci.search filters=type eq device,location eq DM-Akron",
    ),
    ("list devices at DM-Albany", "list: ci.search filters=type eq device,location eq DM-Albany"),
    (
        "which devices are in DM-Buffalo?",
        "list: ci.search filters=type eq device,location eq DM-Buffalo",
    ),
    (
        "what devices are located in DM-Camden",
        "list: ci.search filters=type eq device,location eq DM-Camden",
    ),
    ("list all services", "list: ci.search filters=type eq service"),
    ("show me all the databases", "list: ci.search filters=type eq database"),
    ("list every rack", "list: ci.search filters=type eq rack"),
    ("services owned by team-data", "list: ci.search filters=type eq service,owner eq team-data"),
    ("databases owned by team-data", "list: ci.search filters=type eq database,owner eq team-data"),
    (
        "which services are owned by team-checkout?",
        "list: ci.search filters=type eq service,owner eq team-checkout",
    ),
    ("what is in rack-1?", "list: ci.search filters=tags.rack eq rack-1"),
    ("devices in DM-Akron", "list: ci.search filters=type eq device,location eq DM-Akron"),
    ("list planned devices", "list: ci.search filters=type eq device,status eq planned"),
    ("show critical services", "list: ci.search filters=type eq service,criticality eq critical"),
    ("list services without owner", "list: ci.search filters=type eq service,owner exists False"),
    ("list all items", "list: ci.search"),
    ("show all", "list: ci.search"),
    ("what is team-data?", "list: ci.search filters=owner eq team-data"),
    ("list access switches", "list: ci.search filters=subtype eq Access Switch"),
    ("show the first 5 devices", "list: ci.search filters=type eq device limit=5"),
    (
        "services by owner",
        "count: ci.aggregate filters=type eq service group_by=owner; ci.aggregate filters=type eq service group_by=tags.owner",
    ),
    ("list services by owner", "list: ci.search filters=type eq service"),
    (
        "list services named checkout",
        "list: ci.search filters=type eq service,name ilike %checkout%",
    ),
    (
        "how many devices per site?",
        "count: ci.aggregate filters=type eq device group_by=tags.site; ci.aggregate filters=type eq device group_by=location",
    ),
    ("how many devices are there?", "count: ci.aggregate filters=type eq device"),
    (
        "how many services by owner?",
        "count: ci.aggregate filters=type eq service group_by=owner; ci.aggregate filters=type eq service group_by=tags.owner",
    ),
    (
        "count services by owner",
        "count: ci.aggregate filters=type eq service group_by=owner; ci.aggregate filters=type eq service group_by=tags.owner",
    ),
    ("count devices", "count: ci.aggregate filters=type eq device"),
    ("number of services", "count: ci.aggregate filters=type eq service"),
    ("how many racks are there in total?", "count: ci.aggregate filters=type eq rack"),
    (
        "how many devices are in site DM-Akron?",
        "count: ci.aggregate filters=type eq device,location eq DM-Akron",
    ),
    ("how many items per type", "count: ci.aggregate group_by=type"),
    ("how many things do we have?", "count: ci.aggregate"),
    (
        "devices per role",
        "count: ci.aggregate filters=type eq device group_by=tags.role; ci.aggregate filters=type eq device group_by=subtype; ci.aggregate filters=type eq device group_by=category",
    ),
    (
        "how many services are owned by team-data?",
        "count: ci.aggregate filters=type eq service,owner eq team-data",
    ),
    (
        "how many planned devices per location?",
        "count: ci.aggregate filters=type eq device,status eq planned group_by=location; ci.aggregate filters=type eq device,status eq planned group_by=tags.location",
    ),
    (
        "show devices per site",
        "count: ci.aggregate filters=type eq device group_by=tags.site; ci.aggregate filters=type eq device group_by=location",
    ),
    (
        "what is the number of databases per team?",
        "count: ci.aggregate filters=type eq database group_by=owner; ci.aggregate filters=type eq database group_by=tags.team",
    ),
    (
        "breakdown of devices by status",
        "count: ci.aggregate filters=type eq device group_by=status",
    ),
    (
        "how many critical services are there?",
        "count: ci.aggregate filters=type eq service,criticality eq critical",
    ),
    (
        "how many switches are in rack-1",
        "count: ci.aggregate filters=subtype in Access Switch,tags.rack eq rack-1",
    ),
    (
        "how many services per environment?",
        "count: ci.aggregate filters=type eq service group_by=tags.environment; ci.aggregate filters=type eq service group_by=tags.env",
    ),
    (
        "p95 latency of checkout-api in the last 2 hours",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=p95 window=11-21T13:30>11-21T15:30",
    ),
    (
        "average cpu of host-1 yesterday",
        "value: metric.aggregate metric=cpu_utilization ci_ids=host-1 aggregate=avg window=11-20T00:00>11-21T00:00",
    ),
    (
        "error rate of checkout-api",
        "value: metric.aggregate metric=error_rate ci_ids=checkout-api aggregate=avg window=11-21T14:30>11-21T15:30",
    ),
    (
        "what is the p99 response time of checkout-api over the last 30 minutes?",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=p99 window=11-21T15:00>11-21T15:30",
    ),
    (
        "max memory of host-1 today",
        "value: metric.aggregate metric=memory_utilization ci_ids=host-1 aggregate=max window=11-21T00:00>11-21T15:30",
    ),
    (
        "how much cpu does orders-db use?",
        "value: metric.aggregate metric=cpu_utilization ci_ids=orders-db aggregate=avg window=11-21T14:30>11-21T15:30",
    ),
    (
        "how slow is checkout-api?",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=p95 window=11-21T14:30>11-21T15:30",
    ),
    (
        "checkout-api's latency",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=p95 window=11-21T14:30>11-21T15:30",
    ),
    (
        "checkout-api p95 latency last 2h",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=p95 window=11-21T13:30>11-21T15:30",
    ),
    (
        "median latency of payments-api between 13:00 and 14:00",
        "value: metric.aggregate metric=latency_ms ci_ids=payments-api aggregate=p50 window=11-21T13:00>11-21T14:00",
    ),
    (
        "what was the peak cpu of orders-db since 14:00?",
        "value: metric.aggregate metric=cpu_utilization ci_ids=orders-db aggregate=max window=11-21T14:00>11-21T15:30",
    ),
    (
        "how many requests does checkout-api get?",
        "value: metric.aggregate metric=http_requests_total ci_ids=checkout-api aggregate=rate window=11-21T14:30>11-21T15:30",
    ),
    (
        "rate of http_requests_total of checkout-api last 1h",
        "value: metric.aggregate metric=http_requests_total ci_ids=checkout-api aggregate=rate window=11-21T14:30>11-21T15:30",
    ),
    (
        "queue depth of order-events",
        "value: metric.aggregate metric=queue_depth ci_ids=order-events aggregate=avg window=11-21T14:30>11-21T15:30",
    ),
    (
        "lag of order-events",
        "value: metric.aggregate metric=queue_depth ci_ids=order-events aggregate=avg window=11-21T14:30>11-21T15:30",
    ),
    (
        "latency_ms of checkout-api on 2026-11-20",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=avg window=11-20T00:00>11-21T00:00",
    ),
    (
        "minimum cpu of host-1 this week",
        "value: metric.aggregate metric=cpu_utilization ci_ids=host-1 aggregate=min window=11-16T00:00>11-21T15:30",
    ),
    (
        "standard deviation of latency of checkout-api",
        "value: metric.aggregate metric=latency_ms ci_ids=checkout-api aggregate=stddev window=11-21T14:30>11-21T15:30",
    ),
    (
        "current cpu of host-2",
        "value: metric.aggregate metric=cpu_utilization ci_ids=host-2 aggregate=last window=11-21T14:30>11-21T15:30",
    ),
    (
        "throughput of checkout-api in the past 3 days",
        "value: metric.aggregate metric=http_requests_total ci_ids=checkout-api aggregate=rate window=11-18T15:30>11-21T15:30",
    ),
    ("what is the temperature of host-1?", "question.unknown_metric"),
    (
        "average cpu per host",
        "rank: metric.aggregate metric=cpu_utilization filters=type eq host group_by=ci aggregate=avg window=11-21T14:30>11-21T15:30",
    ),
    (
        "latency by service",
        "rank: metric.aggregate metric=latency_ms filters=type eq service group_by=ci aggregate=p95 window=11-21T14:30>11-21T15:30",
    ),
    (
        "top 2 hosts by cpu",
        "rank: metric.aggregate metric=cpu_utilization filters=type eq host group_by=ci aggregate=avg limit=2 window=11-21T14:30>11-21T15:30",
    ),
    (
        "which services have the highest latency?",
        "rank: metric.aggregate metric=latency_ms filters=type eq service group_by=ci aggregate=p95 window=11-21T14:30>11-21T15:30",
    ),
    (
        "slowest services",
        "rank: metric.aggregate metric=latency_ms filters=type eq service group_by=ci aggregate=p95 window=11-21T14:30>11-21T15:30",
    ),
    (
        "plot cpu of host-1 last 24h",
        "series: metric.series_table metric=cpu_utilization ci=host-1 window=11-20T15:30>11-21T15:30",
    ),
    (
        "show me latency of checkout-api over the last week",
        "series: metric.series_table metric=latency_ms ci=checkout-api window=11-14T15:30>11-21T15:30",
    ),
    (
        "chart the cpu of orders-db since yesterday 14:00",
        "series: metric.series_table metric=cpu_utilization ci=orders-db window=11-20T14:00>11-21T15:30",
    ),
    (
        "graph memory of host-1",
        "series: metric.series_table metric=memory_utilization ci=host-1 window=11-20T15:30>11-21T15:30",
    ),
    (
        "trend of latency of checkout-api",
        "series: metric.series_table metric=latency_ms ci=checkout-api window=11-20T15:30>11-21T15:30",
    ),
    (
        "cpu of host-1 over time",
        "series: metric.series_table metric=cpu_utilization ci=host-1 window=11-20T15:30>11-21T15:30",
    ),
    (
        "how did the latency of checkout-api develop today?",
        "series: metric.series_table metric=latency_ms ci=checkout-api window=11-21T00:00>11-21T15:30",
    ),
    (
        "plot checkout-api latency",
        "series: metric.series_table metric=latency_ms ci=checkout-api window=11-20T15:30>11-21T15:30",
    ),
    ("what does checkout-api depend on?", "expand: graph.expand root=checkout-api view=dependency"),
    ("dependencies of checkout-api", "expand: graph.expand root=checkout-api view=dependency"),
    ("show the dependencies of orders-api", "expand: graph.expand root=orders-api view=dependency"),
    (
        "which databases does checkout-api use?",
        "expand: graph.expand root=checkout-api view=dependency",
    ),
    ("neighbours of checkout-api", "expand: graph.expand root=checkout-api view=neighbours"),
    ("neighbors of rack-1", "expand: graph.expand root=rack-1 view=neighbours"),
    ("what is connected to orders-db?", "expand: graph.expand root=orders-db view=neighbours"),
    ("what runs on host-1?", "expand: graph.expand root=host-1 view=neighbours"),
    ("what does checkout-api run on?", "expand: graph.expand root=checkout-api view=dependency"),
    ("show connections of payments-api", "expand: graph.expand root=payments-api view=neighbours"),
    ("what does rack-1 contain?", "list: ci.search filters=tags.rack eq rack-1"),
    ("what breaks if orders-db fails?", "impact: graph.expand root=orders-db view=impact"),
    ("what breaks if host-1 goes down?", "impact: graph.expand root=host-1 view=impact"),
    ("impact of orders-db", "impact: graph.expand root=orders-db view=impact"),
    ("what if orders-db goes down?", "impact: graph.expand root=orders-db view=impact"),
    ("blast radius of host-2", "impact: graph.expand root=host-2 view=impact"),
    ("what depends on orders-db?", "impact: graph.expand root=orders-db view=impact"),
    ("which services depend on orders-db?", "impact: graph.expand root=orders-db view=impact"),
    ("how many services depend on orders-db?", "impact: graph.expand root=orders-db view=impact"),
    ("who uses payments-api?", "impact: graph.expand root=payments-api view=impact"),
    (
        "what happens when I restart payments-db?",
        "impact: graph.expand root=payments-db view=impact",
    ),
    ("if orders-db fails, what breaks?", "impact: graph.expand root=orders-db view=impact"),
    ("what would be affected if we lose host-3?", "impact: graph.expand root=host-3 view=impact"),
    ('impact of "orders-db" failing', "impact: graph.expand root=orders-db view=impact"),
    (
        "how does checkout-web reach payments-db?",
        "path: graph.path source=checkout-web target=payments-db",
    ),
    (
        "path from checkout-web to orders-db",
        "path: graph.path source=checkout-web target=orders-db",
    ),
    ("path between host-1 and checkout-web", "path: graph.path source=host-1 target=checkout-web"),
    (
        "how is checkout-web connected to orders-db?",
        "path: graph.path source=checkout-web target=orders-db",
    ),
    (
        "is checkout-web connected to payments-db?",
        "path: graph.path source=checkout-web target=payments-db",
    ),
    (
        "does checkout-api depend on payments-db?",
        "path: graph.path source=checkout-api target=payments-db direction=out",
    ),
    (
        "how are orders-api and checkout-api connected?",
        "path: graph.path source=orders-api target=checkout-api",
    ),
    ("shortest path from akron-sw01 to site-1", "path: graph.path source=akron-sw01 target=site-1"),
    (
        "what changed on checkout-api since yesterday 14:00?",
        "history: history.recent ci_ids=checkout-api window=11-20T14:00>11-21T15:30",
    ),
    (
        "what happened to payments-api in the last 3 days?",
        "history: history.recent ci_ids=payments-api window=11-18T15:30>11-21T15:30",
    ),
    (
        "recent deployments",
        "history: history.recent kinds=deployment window=11-14T15:30>11-21T15:30",
    ),
    (
        "recent changes on checkout-api",
        "history: history.recent ci_ids=checkout-api window=11-14T15:30>11-21T15:30",
    ),
    ("what changed yesterday?", "history: history.recent window=11-20T00:00>11-21T00:00"),
    ("history of host-1", "history: history.recent ci_ids=host-1 window=11-14T15:30>11-21T15:30"),
    (
        "any incidents last week?",
        "history: history.recent kinds=incident window=11-09T00:00>11-16T00:00",
    ),
    (
        "critical incidents in the last month",
        "history: history.recent kinds=incident severity=critical window=2026-10-22T16:30:00+02:00>11-21T15:30",
    ),
    (
        "last 3 deployments of orders-db",
        "history: history.recent ci_ids=orders-db kinds=deployment limit=3 window=2026-08-23T16:30:00+02:00>11-21T15:30",
    ),
    (
        "who changed checkout-web?",
        "history: history.recent ci_ids=checkout-web window=2026-08-23T16:30:00+02:00>11-21T15:30",
    ),
    (
        "when was orders-db last deployed?",
        "history: history.recent ci_ids=orders-db kinds=deployment window=2026-08-23T16:30:00+02:00>11-21T15:30",
    ),
    (
        "has anything changed on checkout-api today?",
        "history: history.recent ci_ids=checkout-api window=11-21T00:00>11-21T15:30",
    ),
    (
        "what was deployed on monday?",
        "history: history.recent kinds=deployment window=11-16T00:00>11-17T00:00",
    ),
    (
        "what changed in eu-west in the last 24 hours?",
        "history: history.recent filters=location eq eu-west window=11-20T15:30>11-21T15:30",
    ),
    (
        "what happened between 2026-11-19 and 2026-11-20?",
        "history: history.recent window=11-19T00:00>11-21T00:00",
    ),
    (
        "how many incidents were there last week?",
        "history: history.recent kinds=incident window=11-09T00:00>11-16T00:00",
    ),
    (
        "show the maintenance of host-1 in the last 7 days",
        "history: history.recent ci_ids=host-1 kinds=maintenance window=11-14T15:30>11-21T15:30",
    ),
    (
        "what changed on team-data since monday?",
        "history: history.recent filters=owner eq team-data window=11-16T00:00>11-21T15:30",
    ),
    (
        "would high-latency have fired last week?",
        "rule: cep.simulate rule=high-latency period=11-09T00:00>11-16T00:00",
    ),
    (
        'would the rule "Latency is high" have fired yesterday?',
        "rule: cep.simulate rule=high-latency period=11-20T00:00>11-21T00:00",
    ),
    (
        "simulate high-latency",
        "rule: cep.simulate rule=high-latency period=11-14T15:30>11-21T15:30",
    ),
    (
        "when would high-latency have fired in the last 3 days?",
        "rule: cep.simulate rule=high-latency period=11-18T15:30>11-21T15:30",
    ),
    (
        "did high-latency fire today?",
        "rule: cep.simulate rule=high-latency period=11-21T00:00>11-21T15:30",
    ),
    (
        "why is checkout-api slow?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "why was checkout-api slow yesterday?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-19T18:00>11-21T00:00",
    ),
    (
        "what is wrong with checkout-api?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "what's going on with orders-db",
        "review: ci.get id=orders-db; graph.expand root=orders-db view=dependency; graph.expand root=orders-db view=impact; history.recent ci_ids=orders-db window=11-20T09:30>11-21T15:30",
    ),
    (
        "how is checkout-api?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "how is checkout-api doing today?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T18:00>11-21T15:30",
    ),
    (
        "is orders-db healthy?",
        "review: ci.get id=orders-db; graph.expand root=orders-db view=dependency; graph.expand root=orders-db view=impact; history.recent ci_ids=orders-db window=11-20T09:30>11-21T15:30",
    ),
    (
        "diagnose payments-api",
        "review: ci.get id=payments-api; graph.expand root=payments-api view=dependency; graph.expand root=payments-api view=impact; history.recent ci_ids=payments-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "why did the latency of checkout-api go up?",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "root cause of checkout-api slowness",
        "review: ci.get id=checkout-api; graph.expand root=checkout-api view=dependency; graph.expand root=checkout-api view=impact; history.recent ci_ids=checkout-api window=11-20T09:30>11-21T15:30",
    ),
    (
        "health of host-1",
        "review: ci.get id=host-1; graph.expand root=host-1 view=dependency; graph.expand root=host-1 view=impact; history.recent ci_ids=host-1 window=11-20T09:30>11-21T15:30",
    ),
    ("why is checkout slow?", "ambiguous checkout: 2"),
    ("what is the weather?", "question.out_of_field"),
    ("what is the weather in Berlin tomorrow?", "question.out_of_field"),
    ("write me a poem", "question.out_of_field"),
    ("write me a poem about checkout-api", "question.out_of_field"),
    ("tell me a joke", "question.out_of_field"),
    ("who is the president of France?", "question.out_of_field"),
    ("how are you?", "question.out_of_field"),
    ("what time is it?", "question.out_of_field"),
    ("what can you do?", "question.out_of_field"),
    ("hello", "question.out_of_field"),
    ("asdf qwer zxcv", "question.out_of_field"),
    ("what is db-99?", "question.unknown_name"),
    ("what breaks if db-99 fails?", "question.unknown_name"),
    ("what is Comms closet?", "ambiguous Comms closet: 13"),
    ("what breaks if rack Comms closet fails?", "ambiguous rack Comms closet: 13"),
    ("what is Comms closet at DM-Yonkers?", "lookup: ci.get id=rack-13"),
    ("latency of checkout", "ambiguous checkout: 2"),
    ("would no-such-rule have fired?", "question.unknown_name"),
    ("list all unicorns", "question.unknown_name"),
    ("???", "question.out_of_field"),
    ("list all devices per site", "list: ci.search filters=type eq device"),
    (
        "what connects checkout-web and orders-db?",
        "path: graph.path source=checkout-web target=orders-db",
    ),
    # fmt: on
)
