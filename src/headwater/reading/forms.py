"""The forms in which questions are asked, as patterns in the order they are tried; it matches none.

Groups name roles: subject, target, place, things, group, metric, rule, field, keywords, kind.
"""

# ruff: noqa: E501 -- one form a line; broken patterns are harder to compare

from __future__ import annotations

import re

from headwater.reading.late_pattern import LatePattern

THE = r"(?:(?:all of the|all the|all|the|a|an|any|every|each|our|my|this|that) )?"
VERB = (
    r"(?:(?:show|list|give|get|display|print|see|find|what is|what are|what was|what were"
    r"|are there|is there|were there|have there been|any)(?: me| us)? )?"
)
S = r"(?P<subject>.+?)"
FAIL = (
    r"(?:(?:suddenly )?(?:fails?|failed|failing|breaks?(?: down)?|broke|dies|die|died|stops?(?: working)?"
    r"|crash(?:es|ed)?|disappears?|reboots?|restarts?|loses power|has an outage|had an outage"
    r"|(?:goes|went|go) (?:down|away|offline|dark)"
    r"|(?:is|were|was|gets|becomes) (?:down|offline|lost|unavailable|gone|broken|dead|restarted"
    r"|rebooted|removed|shut down|stopped|unreachable|taken down|taken offline|to fail|switched off)))"
)
LOSE = (
    r"(?:we|i|someone|you) (?:lose|lost|reboot|restart|remove|stop|shut down|take down|turn off"
    r"|kill|delete|unplug)"
)
HIT = (
    r"(?:breaks?|fails?|goes down|go down|stops?(?: working)?|suffers?|dies|die|happens"
    r"|(?:is|are|gets|get) (?:affected|impacted|hit|broken|down)"
    r"|(?:would|will|could|might) (?:happen|break|fail|go down|stop(?: working)?|suffer|die"
    r"|be (?:affected|impacted|hit|broken|down)))"
)
STATE = (
    r"(?:slow(?:er)?|slowing down|down|broken|fail(?:ing|ed)?|degraded|unhealthy|unavailable"
    r"|unstable|flapping|erroring|timing out|time out|crash(?:ing|ed)?|sluggish|laggy|lagging"
    r"|overloaded|hot|busy|bad|red|unresponsive|stuck|late|offline|sick|weird|strange|wrong"
    r"|throwing errors|returning errors|having (?:problems|issues|trouble|errors)|acting up"
    r"|not (?:working|responding|healthy|ok)|high|low|up)"
)
KIND = (
    r"(?:changes?|deployments?|deploys?|releases?|rollouts?|events?|incidents?|outages?"
    r"|maintenances?|maintenance windows?|alerts?|history|timeline|activity|change ?log)"
)
RECENT = r"(?:recent|latest|last|newest|past|most recent|open|\d+|critical|severe|major|minor|high)"
ON = r"(?:on|to|with|in|at|for|around|near|of|from|by)"
FIRED = (
    r"(?:(?:have |has |been |be )*(?:fired?|firing|trigger(?:ed)?|gone off|go off|went off"
    r"|alert(?:ed)?|match(?:ed)?))"
)

DOCS = r"(?:runbooks?|play ?books?|documentation|documents?|docs?|wiki|manuals?|guides?|procedures?|sops?|instructions|post ?mortems?)"
WE = r"(?:i|we|you|one|someone)"
FIX = (
    r"(?:fix|resolve|mitigate|handle|solve|repair|remedy|remediate|treat|troubleshoot|recover(?: from)?"
    r"|deal with|respond to|react to|get rid of|cope with|work around|clear|act on)"
)

_FORMS: tuple[tuple[str, str], ...] = (
    ("work.resume", r"(?:resume|continue|pick up|go on with|take up)(?: again)?(?: with)?(?: (?:my|our|the|this|last|latest))* (?:investigation|session|work|project|task)s?"),
    ("work.resume", r"where (?:did|do|have) (?:i|we) (?:stop|stopped|leave off|left off|leave it|leave things|pause)(?: last| last time)?"),
    ("work.resume", r"what (?:was|were) (?:i|we) (?:doing|working on|investigating)(?: last)?"),
    ("work.open", rf"what(?: work| all)? (?:is|are) (?:still )?(?:open|outstanding|pending|left|left to do|to be done|being done|in progress|under way|being worked on) (?:for|on|at|about|with) {S}"),
    ("work.open", rf"{VERB}{THE}(?:open|outstanding|pending|remaining|unfinished) (?:work|work items?|items of work|tasks?|to-?dos?|tickets?|projects?) (?:for|on|of|about|with|concerning) {S}"),
    ("work.who", rf"who (?:is |are |was |were )?(?:currently )?(?:works?|working|worked|busy) (?:on|with) {S}"),
    ("work.who", rf"who (?:is|are) assigned to {S}"),
    ("documents", rf"what (?:do|does|should|can|could|must|would|shall) {WE} (?:do|try|check)(?: now| next| first)?(?: (?:about|when|if|on|for|against|with|in case of|to {FIX}))? {S}"),
    ("documents", rf"what (?:to do|to check|to try|can be done|should be done|must be done|needs to be done)(?: now| next| first)?(?: (?:about|when|if|on|for|against|with|in case of))? {S}"),
    ("documents", rf"{S}[,;:.?!-]+ ?(?:so |and |now )?what (?:(?:do|should|can|could|must) {WE} (?:do|try|check)|to do|now)(?: now| next| first)?"),
    ("documents", rf"how (?:(?:do|does|can|could|should|would|must|shall) {WE}|to|best to) (?:best )?{FIX} {S}"),
    ("documents", rf"(?:(?:show|find|open|give|get|read|see|list)(?: me| us)? )?{THE}{DOCS} (?:for|of|on|about|regarding|concerning|to|when|if|covering) {S}"),
    ("documents", rf"{THE}{DOCS}:? {S}"),
    ("documents", rf"(?:(?:show|find|open|give|get|read|see)(?: me| us)? )?{S} (?:runbooks?|play ?books?|documentation|docs|post ?mortems?)"),
    ("documents", rf"(?:what|which) {DOCS} (?:is|are|covers?|applies|apply|describes?|explains?|helps?|mentions?|talks? about|should {WE} (?:use|read|follow))(?: (?:for|to|with|about|on|when|if))? {S}"),
    ("documents", rf"(?:is|are) there (?:a|an|any|some|no) {DOCS} (?:for|of|on|about|regarding|that (?:covers?|mentions?|describes?)) {S}"),
    ("documents", rf"do we have (?:a|an|any|some) {DOCS} (?:for|of|on|about|regarding|that (?:covers?|mentions?|describes?)) {S}"),
    ("documents", rf"what (?:do|does|did) {THE}{DOCS} (?:say|tell|mention|recommend|advise|suggest|write|state|know)(?: {WE}| us| me)?(?: (?:about|on|of|for|when|if|regarding|to do (?:about|when|if)))? {S}"),
    ("documents", rf"(?:according to|as per|per|by|from|in) {THE}{DOCS},? {S}"),
    ("documents", rf"{S},? (?:according to|as per|as written in|in) {THE}{DOCS}"),
    ("documents", rf"(?:have|had) we (?:ever )?(?:seen|had|met|encountered|hit|solved) (?:this|that|it|something like (?:this|that))(?: (?:before|already|earlier))?[:,;.-]* {S}"),
    ("documents", rf"(?:have|had) we (?:ever )?(?:seen|had|met|encountered|solved) {S} (?:before|already|earlier)"),
    ("documents", rf"has (?:this|that|it) (?:ever )?(?:happened|occurred|been seen)(?: (?:before|already|earlier))?[:,;.-]* {S}"),
    ("documents", rf"{VERB}{THE}(?:fix|fixes|mitigations?|remedy|remedies|procedure|workarounds?|resolution|solution|cure|remediation|next steps|steps|(?:first )?steps to (?:take|fix|resolve|mitigate)) (?:for|of|against|to|when|on) {S}"),
    ("rule", rf"(?:would|could|did|does|will|should|has|had) {THE}(?P<rule>.+?) {FIRED}(?: (?:on|for) {S})?"),
    ("rule", rf"(?:how often|how many times|when) (?:would|did|does|has|will|had) {THE}(?P<rule>.+?) {FIRED}(?: (?:on|for) {S})?"),
    ("rule", r"(?:simulate|dry[- ]run|backtest|replay)(?: (?:the )?(?:rule|alert))? (?P<rule>.+)"),
    ("rule", r"(?:test|try|evaluate|check) (?:the )?(?:alert rule|rule|alert) (?P<rule>.+)"),
    ("path", rf"how (?:do|does|did|can|could|would|is|are|was) {S} (?:reach(?:es)?|get to|connect(?:ed)? (?:to|with)|talk to|communicate with|(?:linked|related|joined|wired) to|go to|access|route to) (?P<target>.+)"),
    ("path", rf"{VERB}{THE}(?:shortest |network |dependency |quickest )*(?:path|paths|route|routes|way|connection|link|hops|chain) (?:from|between) {S} (?:to|and) (?P<target>.+)"),
    ("path", rf"(?:trace|route|path|traceroute)(?: from)? {S} to (?P<target>.+)"),
    ("path", rf"(?:is|are|can|does|do|could) {S} (?:connected (?:to|with)|connect to|linked to|reach|related to|talk to|able to reach) (?P<target>.+)"),
    ("path.out", rf"(?:does|do|is) {S} (?:depend on|dependent on|depends on|rely on|use) (?P<target>.+)"),
    ("path", rf"how (?:are|is) {S} and (?P<target>.+?) (?:connected|related|linked)"),
    ("path", rf"what (?:(?:is|lies|sits|stands) between|connects|links) {S} (?:and|to|with) (?P<target>.+)"),
    ("impact", rf"(?:what|who)(?: else| all)? {HIT} (?:if|when|once|should|in case) (?:{LOSE} )?{S}(?: {FAIL})?"),
    ("impact", rf"(?:which|what|how many) (?P<things>.+?) {HIT} (?:if|when|once|should) (?:{LOSE} )?{S}(?: {FAIL})?"),
    ("impact", rf"(?:if|when|suppose|should) {S} {FAIL},? (?:then )?what.*"),
    ("impact", rf"what(?: about)? if (?:{LOSE} )?{S}(?: {FAIL})?"),
    ("impact", rf"{VERB}{THE}(?:blast radius|(?:failure )?impact(?: analysis| assessment)?|consequences?) (?:of|for|if|on)? ?(?:losing |a failure of |an outage of |the loss of )?{S}(?: (?:failure|failing|outage|going down)| {FAIL})?"),
    ("impact", rf"(?:what|who|(?:which|what) (?P<things>.+?)) (?:all )?(?:directly )?(?:depends?|relies|rely|is dependent|are dependent) (?:up)?on {S}"),
    ("impact", rf"(?:what|who|which (?P<things>.+?)) (?:uses?|needs?|calls?|consumes?|is using|are using|talks to) {S}"),
    ("impact", rf"how many (?P<things>.+?) (?:depend|rely) (?:up)?on {S}"),
    ("impact", rf"{VERB}{THE}(?:dependents|dependants|consumers|users|clients|callers|reverse dependencies) of {S}"),
    ("impact", rf"(?:what|who|which (?P<things>.+?)) (?:is|are|would be|will be) (?:affected|impacted|hit) by (?:an outage of |a failure of |the loss of |losing )?{S}(?: (?:going down|failing|outage|failure))?"),
    ("expand.dependency", rf"(?:what|who|which (?P<things>.+?)) (?:all )?(?:does|do|did) {S} (?:depend(?: up)?on|rely(?: up)?on|depend on|rely on|use|need|require|call|talk to|consume)"),
    ("expand.host", rf"(?:what|where|which (?P<things>.+?)) (?:does|do|is|are) {S} (?:run on|running on|deployed on|hosted on|run|running|deployed|hosted)"),
    ("expand.dependency", rf"{VERB}{THE}(?:upstream |downstream |direct )?(?:dependenc(?:y|ies)|dependency (?:tree|graph|map)|requirements) (?:of|for) {S}"),
    ("expand.dependency", rf"{VERB}(?P<subject>[^ ]+)(?:'s)? dependencies"),
    ("expand.dependency", rf"{VERB}{THE}upstreams? of {S}"),
    ("impact", rf"{VERB}{THE}downstreams? of {S}"),
    ("expand.hosted", rf"(?:what|which (?P<things>.+?)) (?:is |are |all )*(?:runs?|running|hosted|deployed|installed|lives?) on {S}"),
    ("expand.composition", rf"what (?:is|are) {S} (?:made (?:up )?of|composed of|built of)"),
    ("expand.composition", rf"what (?:does|do) {S} (?:consist of|comprise)"),
    ("list", r"what (?:does|do) (?P<place>.+?) (?P<things>contain|hold|include)"),
    ("expand.composition", rf"{VERB}{THE}(?:components|parts|members|contents|children) of {S}"),
    ("expand.neighbours", rf"{VERB}{THE}(?:direct )?(?:neighbou?rs|neighbou?rhood|surroundings|relations|relationships|connections|links) (?:of|for|around|to) {S}"),
    ("expand.neighbours", rf"what (?:is|are|all is) (?:directly )?(?:connected|linked|attached|related|next|close|wired|plugged in|cabled) (?:to|with) {S}"),
    ("expand.neighbours", rf"what (?:does|do) {S} (?:connect|link|attach|relate) (?:to|with)"),
    ("expand.neighbours", rf"what surrounds {S}"),
    ("rank", rf"(?:how many )?{THE}(?P<metric>.+?) (?:per|by|for each|for all|of all|for every|of every|across all|across|of each|on all|on each) {THE}(?P<things>(?!second|minute|hour|day).+)"),
    ("rank", r"(?:(?:show|list|which|what|find)(?: me)? )?(?:the |all )?(?P<things>.+?) (?:with|that have|have) (?:the )?(?:high|highest|most|low|large) (?P<metric>.+)"),
    ("rank", rf"{VERB}{THE}(?:top|worst|highest|first|busiest) ?(?P<number>\d+)? (?P<things>.+?) (?:by|for|in|on) (?P<metric>.+)"),
    ("rank", rf"(?:which|what) (?P<things>.+?) (?:has|have|had|is|are|use|uses|used|with|shows?|saw) {THE}(?:highest|most|worst|largest|biggest|top) (?P<metric>.+)"),
    ("rank", rf"(?:which|what) (?P<things>.+?) (?:is|are|was|were) {THE}(?:most )?(?P<metric>slow|slowest|busy|busiest)"),
    ("rank", rf"{VERB}{THE}(?:(?P<number>\d+) )?(?P<metric>slowest|busiest) (?P<things>.+)"),
    ("series", rf"(?:plot|chart|graph|draw|visuali[sz]e|trend|show|display|see)(?: me| us)? {THE}(?:(?:trend|graph|chart|plot|history|course|timeline) of )?{THE}(?P<metric>.+?) (?:of|for|on|at|in|from) {S}(?: over time)?"),
    ("series", rf"(?:plot|chart|graph|draw|visuali[sz]e|trend) {S}(?:'s)? (?P<metric>.+)"),
    ("series", rf"(?:trend|graph|chart|plot|course) of {THE}(?P<metric>.+?) (?:of|for|on) {S}"),
    ("series", rf"{THE}(?P<metric>.+?) (?:of|for|on) {S} over time"),
    ("series", rf"how (?:did|has|does|is|was) {THE}(?P<metric>.+?) (?:of|for|on) {S} (?:develop(?:ed|ing)?|changed?|changing|evolved?|look|trend(?:ing)?|behaved?|been|go|doing)"),
    ("expand.neighbours", rf"(?:expand|(?:show(?: me)? )?(?:the )?(?:graph of|graph around|map of|map around|topology of|topology around)) {S}"),
    ("value", rf"(?:(?:what (?:is|was|were|are|has been)|show|tell|give|get|compute|calculate|how (?:high|low|big|large|much|long|many)(?: is| was| are| were)?)(?: me| us)? )?{THE}(?P<metric>(?:(?:rate|sum|average|mean|median|max|maximum|min|minimum|peak|total|p\d\d|standard deviation|stddev) of (?:the )?)?.+?) (?:of|for|on|at|in|from|by) {S}(?: like)?"),
    ("value", rf"how (?:much|many) (?P<metric>.+?) (?:does|did|do|is|was|has|have) {S}(?: (?:using|use|used|have|had|consumed?|take|taken|needs?|get|got|see|seen|served?|received?|handled?|being used))?"),
    ("value", rf"how (?:much|many) (?P<metric>.+?) (?:are|were|was|is)(?: there)? (?:on|at|for|in) {S}"),
    ("value", rf"(?:does|do) {S} have (?:enough|any|much|too much) (?P<metric>.+)"),
    ("value", rf"how (?P<metric>slow|fast|busy|loaded|full|hot) (?:is|was|are|were) {S}"),
    ("value", rf"(?:(?:what (?:is|was)|show|get)(?: me)? )?{THE}{S}'s (?P<metric>.+)"),
    ("history.count", rf"how many (?:{RECENT} )*(?P<kind>{KIND})(?: (?:were there|are there|happened|occurred|did we have|have there been|was there))?(?: (?:on|for|to|in|at|of|did|has|had|have) (?:there )?{S}(?: (?:have|had|see|seen))?)?"),
    ("count", r"(?:how many|count(?: up)?(?: of)?(?: the| all)*|(?:what is |what's |give me |show me |show )?(?:the )?(?:total )?number of|total) (?P<things>.+)"),
    ("count", r"(?:show|what are|give)?(?: me)? ?(?:the )?(?:breakdown|distribution|split|counts?) (?:of|for) (?P<things>.+)"),
    ("count", r"(?:group|break down|split|aggregate) (?P<things>.+ (?:by|per) .+)"),
    ("count", rf"(?:(?:show|display|give|get)(?: me)? )?{THE}(?P<things>[^ ]+(?: [^ ]+)? per [^ ]+(?: [^ ]+)?)"),
    ("count", r"(?P<things>(?!list|show|display|give|get|see|print|what|which)[^ ]+(?: [^ ]+)? (?:per|by) (?:site|location|owner|team|type|kind|status|criticality|category|subtype|role|region|environment|tenant|rack|zone|model|vendor|manufacturer))"),
    ("history", rf"what (?:has |have |was |were |is |had )*(?:been )?(?P<kind>changed|changes|happened|happening|deployed|released|new|modified|updated|went wrong|gone wrong)(?: {ON} {S})?"),
    ("history", rf"{VERB}{THE}(?P<recent>(?:{RECENT} )*)(?P<kind>{KIND})(?: {ON} {S})?"),
    ("history", rf"(?:were|was|are|is|have|has|did)(?: there)?(?: been)? (?:any |a |an )?(?P<recent>(?:{RECENT} )*)(?P<kind>{KIND})(?: (?:happen|occur))?(?: {ON} {S})?"),
    ("history", r"(?:(?:show|list|get) (?:me )?)?(?:the )?(?P<subject>[^ ]+)(?:'s)? (?:recent )?(?P<kind>history|changes|deployments|incidents|timeline)"),
    ("history", rf"(?:(?:show|list|get) (?:me )?)?(?:the )?{S}(?:'s|s') (?:recent )?(?P<kind>{KIND})"),
    ("history", rf"who (?P<kind>changed|deployed|touched|modified|restarted|updated) {S}(?: last)?"),
    ("history", rf"(?:what|which) (?P<kind>{KIND}) (?:are|were|is|was|happened|occurred)(?: there| open| ongoing)*(?: {ON} {S})?"),
    ("history", rf"when (?:was|did|were) {S} (?:last |lastly |most recently )?(?P<kind>changed?|deployed|updated|restarted|released|modified|touched|redeployed)(?: last)?"),
    ("history", rf"(?:did|has|was) (?:anything|something|any) (?:been )?(?P<kind>changed?|happen(?:ed)?|break|broken|deployed)(?: {ON} {S})?"),
    ("history", rf"(?:was|has|did) {S} (?:been )?(?:recently )?(?P<kind>changed?|deployed|updated|modified|redeployed)(?: recently)?"),
    ("review", rf"why (?:is|are|was|were|did|does|has) {THE}(?P<metric>.+?) (?:of|on|for|in|at) {S} (?:been |being |become |go |gone |going |got |so |very |too )*(?:{STATE}|rise|rising|risen|increas(?:e|ed|ing)|drop(?:ped|ping)?|spik(?:e|ed|ing)|jump(?:ed)?|climb(?:ing)?|elevated|dropping|above|below)(?: .*)?"),
    ("review", rf"why (?:is|are|was|were|does|do|did|has|have|had|isn't|doesn't) {THE}{S} (?:been |being |become |become |get |getting |got |go |gone |going |went |so |very |too |all |still |always |again |keep |keeps )*{STATE}(?: .*)?"),
    ("review", rf"why (?:is|are|was|were|does|do|did|has|have|had) {THE}(?P<subject>[^ ]+)(?: .*)?"),
    ("review", rf"(?:what|anything|something|is anything|is something)(?: is| was| went| could be| might be| seems)?(?: to be)? (?:wrong|the matter|up|going on|the problem|the issue|happening|amiss|off|the trouble|not right|broken) (?:with|on|in|at|for) {S}"),
    ("review", rf"(?:are there |is there |any |show )*(?:a |any )?(?:problems?|issues?|trouble|anything wrong) (?:with|on|in|at) {S}"),
    ("review", rf"how (?:is|are|was|were|does|do|did) {THE}{S}(?: (?:doing|feeling|performing|behaving|going|running|looking|look|perform|feel|do))?(?: (?:ok|okay|well|today))?"),
    ("review", rf"(?:how long|since when) (?:has|have|is|was) {THE}{S} (?:been )?{STATE}"),
    ("review", rf"how healthy (?:is|are|was) {THE}{S}"),
    ("review", rf"(?:is|are|was|were) {THE}{S} (?:ok|okay|healthy|fine|alright|all right|working|running|alive|well|normal|unwell|{STATE})(?: .*)?"),
    ("review", rf"(?:diagnose|review|investigate|check(?: on)?|troubleshoot|debug|analy[sz]e|examine|inspect|look into|health ?check) {THE}{S}"),
    ("review", rf"{VERB}{THE}(?:health|condition|root cause|cause|causes|reasons?)(?: check)? (?:of|for|behind) {THE}{S}(?:'s)?(?: (?:slowness|outage|problems?|issues?|latency|errors|(?:being )?{STATE}))?"),
    ("review", rf"what (?:is causing|caused|causes|is making|makes|made) {THE}{S}(?:'s)? (?:to be |to go |slowness|outage|problems?|issues?|latency|errors|{STATE}).*"),
    ("review", rf"{THE}{S} is (?:so |very |too )*(?:{STATE})(?: .*)?"),
    ("lookup", rf"(?:who|(?:which|what) (?:team|group|person)) (?P<field>owns|runs|maintains|manages|supports|is responsible for|is the owner of|is in charge of) {S}"),
    ("lookup", rf"(?P<field>where) (?:is|are|can i find) {S}(?: located| installed)?"),
    ("lookup", rf"(?:(?:what|who|which) (?:is|are) )?(?:the )?(?P<field>owner|team|location|status|state|type|kind|criticality|priority|category|subtype|role|code|id|tags|attributes) of {S}"),
    ("lookup", rf"what (?P<field>type|kind|category)(?: of (?:thing|item))? is {S}"),
    ("search", r"(?:find|search(?: for)?|look for|locate|seek|grep)(?: me)? (?P<keywords>.+)"),
    ("search", r"(?:is there|do we have|have we got|are there)(?: anything| something| any| an| a)? ?(?:item|thing)?s?(?: called| named| like)? (?P<keywords>.+)"),
    ("search", r"(?:anything|something|items?|things?) (?:called|named|like|matching|about) (?P<keywords>.+)"),
    ("lookup", rf"(?:tell(?: me)?(?: (?:more|all|everything))? about|everything about|all about|describe|look ?up|explain|(?:show |give )?(?:me )?(?:the )?(?:details|info|information|facts) (?:of|on|about|for)|about|open|summari[sz]e|(?:summary|overview) of) {S}"),
    ("list", r"what (?:is|are) (?:all |everything )?(?P<things>in|inside|at|within) (?P<place>.+)"),
    ("lookup", rf"(?:what|who|which)(?: one)? (?:is|are|was|were) {S}"),
    ("list", rf"(?:show|list|display|give|get|enumerate|print|see|which|what|name)(?: me| us)? {THE}(?P<things>.+)"),
    ("list", r"(?:all|every)(?: the)? (?P<things>.+)"),
    ("list", r"(?P<things>[^ ]+(?: [^ ]+)? (?:owned by|managed by|run by|located in|located at|deployed on|belonging to|without|in|at|inside) .+)"),
)  # fmt: skip
FORMS = tuple(
    (intent, LatePattern(pattern, re.IGNORECASE | re.DOTALL)) for intent, pattern in _FORMS
)

FILLERS = re.compile(
    r"^(?:(?:ok|okay|hey|hi|hello|well|so|and|also|now|then|please|pls|headwater)[,:]? +"
    r"|(?:can|could|would|will) you (?:please |kindly |maybe )*"
    r"|(?:please|kindly) +|i(?: would|'d)? (?:want|need|like)(?: to)? (?:know|see)(?: about)? +"
    r"|(?:do you|can you) know +|tell (?:me|us) (?!about|more|all)|let me (?:know|see) "
    r"|i wonder +)+",
    re.IGNORECASE,
)
TAIL = re.compile(r"(?:,? (?:please|pls|thanks|thank you|for me))+$", re.IGNORECASE)
NOT_A_NAME = re.compile(
    r"^(?:write|compose|sing|translate|make|create|delete|remove|restart|reboot|deploy|tell"
    r"|play|buy|sell|send|cook|draw|paint|say|do|am|i|you|we|let|please|help|thank|who|when"
    r"|where|why|does|do|did|has|have|compare|how|what|which|if|should|would|could|can|is|are|was)\b",
    re.IGNORECASE,
)
"""Beginnings that no bare name has: such a text is not looked up."""
