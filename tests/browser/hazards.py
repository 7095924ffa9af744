"""Shop pages that are hard to be a guest on, each an origin of its own under shop.localhost.

All of them are frames of one page, so that they live at the same time: a hazard costs the suite milliseconds.
A page tells what it has seen through its own DOM: its Array, JSON or Promise may not be fit to be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.browser.shop_server import ShopServer
from tests.browser.snippet_shop import CART, CONFIG, Json

STRICT = (
    "default-src 'none'; script-src 'nonce-n0' 'strict-dynamic'; style-src 'none'; connect-src {edge}; "
    "img-src 'self'; require-trusted-types-for 'script'; trusted-types heimta"
)

CAMPAIGN = {
    "id": "hello", "salt": "hello", "version": 1, "trigger": {"on": "after", "after_s": 0},
    "audience": {}, "frequency": {"max": 9, "per_h": 1}, "priority": 100, "holdout": 0,
    "variants": [{"id": "a", "weight": 100, "content": {
        "widget": "popup", "title": "Stay", "body": "A word", "show_cart": True, "layout": "corner",
        "accept": "Yes", "decline": "No",
        "labels": {"close": "Close", "total": "Total", "more": "and {n} more", "checkout": "Go"},
    }}],
}  # fmt: skip
THEME = "--a:#1f4d3f;--o:#ffffff;--s:#ffffff;--i:#1a1f1d;--q:#5a5e5c;--r:12px;--p:24px;--f:inherit;--c:light"

THROW = "()=>{throw new Error('the shop broke this')}"
BLOCKED = (
    "get(){throw new DOMException('no','SecurityError')},set(){throw new DOMException('no','SecurityError')}"
)


@dataclass(frozen=True)
class Hazard:
    """before, after: scripts around the tag. works: events and popup come all the same; else only silence.

    popup: its exposure is told at once; else when the page is left.
    sandbox: of the frame. stub: the queue of docs/snippet.md stands before the tag.
    """

    before: str = ""
    after: str = ""
    works: bool = True
    popup: bool = True
    policy: str = ""
    sandbox: str = ""
    style: str = ""
    body: str = ""
    tags: int = 1
    stub: bool = True


def patched(target: str, names: str, *, works: bool, late: bool = False) -> Hazard:
    """Methods that throw, from before the tag or from after it."""
    script = f"for(const name of {names.split()!r})Object.defineProperty({target},name,{{value:{THROW}}});"
    return Hazard(after=script, works=works) if late else Hazard(before=script, works=works)


HAZARDS: dict[str, Hazard] = {
    "plain": Hazard(),
    "strict-csp": Hazard(policy=STRICT),
    "fetch-throws": Hazard(before=f"window.fetch={THROW};", works=False),
    "fetch-throws-late": Hazard(after=f"window.fetch={THROW};", works=False),
    "fetch-is-nothing": Hazard(before="window.fetch=undefined;", works=False),
    "fetch-rejects": Hazard(before="window.fetch=()=>Promise.reject(new Error('patched'));", works=False),
    "fetch-answers-nonsense": Hazard(before="window.fetch=async()=>7;", works=False),
    "fetch-is-wrapped": Hazard(
        before="{const real=fetch;window.fetch=function(){return real.apply(this,arguments).then(a=>a)}}"
    ),
    "xhr-throws": patched("XMLHttpRequest.prototype", "open send setRequestHeader", works=True),
    "beacon-throws": patched("Navigator.prototype", "sendBeacon", works=True),
    "promise-is-replaced": Hazard(before="window.Promise=function(){throw new Error('none')};", works=False),
    "promise-throws": patched("Promise.prototype", "then catch finally", works=False),
    "json-throws": patched("JSON", "stringify parse", works=False),
    "json-throws-late": patched("JSON", "stringify parse", works=False, late=True),
    "array-throws": patched(
        "Array.prototype", "map filter forEach find some every includes flat", works=False
    ),
    "array-throws-late": patched(
        "Array.prototype", "map filter forEach find some every includes flat", works=False, late=True
    ),
    "array-has-more": Hazard(
        before="Array.prototype.remove=function(){};Array.prototype.last=function(){};String.prototype.x=1;"
    ),
    "object-has-more": Hazard(
        before="Object.prototype.extend=function(){};Object.prototype.each=function(){};"
    ),
    "object-is-frozen": Hazard(before="Object.freeze(Object.prototype);"),
    "all-is-frozen": Hazard(
        before="[Object,Array,Function,String,Promise].forEach(o=>Object.freeze(o.prototype));", works=False
    ),
    "storage-is-blocked": Hazard(
        before="for(const name of ['localStorage','sessionStorage','indexedDB'])"
        f"Object.defineProperty(window,name,{{{BLOCKED}}});"
    ),
    "cookies-are-blocked": Hazard(
        before="Object.defineProperty(Document.prototype,'cookie',{get:()=>'',set(){}});"
    ),
    "cookies-throw": Hazard(
        before=f"Object.defineProperty(Document.prototype,'cookie',{{{BLOCKED}}});", works=False
    ),
    "storage-is-full": Hazard(
        before="{const full=()=>{throw new DOMException('full','QuotaExceededError')};"
        "const kept=new Proxy({},{set:full,get:()=>undefined});"
        "Object.defineProperty(window,'localStorage',{value:kept})}"
        "IDBObjectStore.prototype.put=()=>{throw new DOMException('full','QuotaExceededError')};"
    ),
    "database-never-opens": Hazard(before="IDBFactory.prototype.open=()=>({});", popup=False),
    "sandboxed": Hazard(sandbox="allow-scripts", works=False),
    "sandboxed-same-origin": Hazard(sandbox="allow-scripts allow-same-origin"),
    "pasted-twice": Hazard(tags=2),
    "name-is-taken": Hazard(body='<div id="heimta"></div><a id="dataLayer"></a>', stub=False, works=False),
    "old-datalayer": Hazard(
        before="window.dataLayer=[null,undefined,0,'x',function(){},[],{},{event:null},{ecommerce:null},"
        "{event:'purchase',ecommerce:{purchase:{actionField:{id:'1'}}}},{event:'add_to_cart',ecommerce:{items:'no'}},"
        "(function(){return arguments})('event'),(function(){return arguments})('consent','update')];"
    ),
    "datalayer-is-no-list": Hazard(before="window.dataLayer={push(){}};", works=False),
    "all-is-reverted": Hazard(style="*,*::before,*::after{all:revert!important}"),
    "others-on-top": Hazard(
        style="#theirs{position:fixed;inset:0;z-index:2147483647;background:#fffc}",
        body='<div id="theirs" role="dialog">20 % off!<button>Yes</button></div>',
    ),
    "base-elsewhere": Hazard(body='<base href="https://elsewhere.example/x/">'),
    "language-is-odd": Hazard(before="document.documentElement.lang='xx-YY-zz';"),
}

HEAD = """
window.seen=[];
{const before=new Set(Object.getOwnPropertyNames(window)),{write,createElement}=document,json=JSON.stringify;
const text=Object.getOwnPropertyDescriptor(Node.prototype,'textContent').set,names=Object.getOwnPropertyNames;
const Picture=Image,coded=encodeURIComponent,{origin,pathname}=location;let last;
const each=(all,run)=>{for(let i=0;i<all.length;i++)run(all[i])};
window.report=()=>{let more='';each(names(window),n=>{if(!before.has(n)&&isNaN(n)&&n[0]!=='_')more+=n+' '});
const told='errors: '+seen.join(' | ')+'; globals: '+more.trim();
text.call(document.getElementById('report'),told);
if(told!==last)new Picture().src=origin+'/seen'+pathname+'?'+coded(last=told)};
window.tell=what=>{seen[seen.length]=what};before.add('report').add('tell').add('dataLayer');
addEventListener('error',e=>tell('error '+e.message),true);
addEventListener('unhandledrejection',e=>tell('rejection '+e.reason));
document.addEventListener('securitypolicyviolation',e=>tell('policy '+e.violatedDirective+' '+e.blockedURI));
for(const name of ['error','warn'])console[name]=(...a)=>tell('console '+a);
setInterval(report,200);}
"""
STUB = "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};"
_ADD = json.dumps({"event": "add_to_cart", "ecommerce": {"currency": "EUR", "items": [CART]}})
# The layer is made by whoever comes first, as gtag's own line has it: a page does not wait for our tag.
_LAYER = "(window.dataLayer=window.dataLayer||[])"
SHOPPER = f"addEventListener('load',()=>setTimeout(()=>{{try{{{_LAYER}.push({_ADD})}}catch{{}}}},50))"


@dataclass
class Street:
    """Many shops, one edge. batches: as they came, in order, with the name of the shop they are from. seen:
    what each page has told of itself last.
    """

    address: str = ""
    edge: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    hazards: dict[str, Hazard] = field(default_factory=dict)
    config: Json = field(default_factory=dict)
    batches: list[tuple[str, Json]] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def events(self, name: str) -> set[str]:
        """The shops that have told this event."""
        return {shop for shop, batch in self.batches for event in batch["ev"] if event["t"] == name}

    def frames(self) -> str:
        boxes = "".join(
            f'<iframe name="{name}" src="{self.address.replace("//", f"//{name}.")}/p/{name}"'
            + " width=150 height=90"
            + (f' sandbox="{hazard.sandbox}"' if hazard.sandbox else "")
            + "></iframe>"
            for name, hazard in self.hazards.items()
        )
        return f'<!doctype html><html lang="en"><title>Street</title>{boxes}'

    def page(self, name: str) -> str:
        hazard = self.hazards[name]
        tag = f'<script async nonce="n0" src="{self.edge}/s/demo.js"></script>' * hazard.tags
        script = '<script nonce="n0">{}</script>'.format
        style = f"<style>{hazard.style}</style>" if hazard.style else ""
        # The tag is async: what comes after it must not run before it has.
        late = f"addEventListener('load',()=>{{{hazard.after}}});" if hazard.after else ""
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>{style}'
            f"{script(HEAD)}{script(STUB if hazard.stub else '')}{script(hazard.before)}{tag}{script(late)}"
            f'<body>{hazard.body}<h1>{name}</h1><p id="report"></p>'
            f"{script(SHOPPER)}"
        )


def _handler(street: Street) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, kind: str, body: bytes, **headers: str) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the page was left meanwhile
                self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/s/demo.js":
                code = street.files["snippet-datalayer"].decode()
                config = json.dumps({**CONFIG, "theme": THEME, **street.config})
                self.answer("text/javascript", code.replace("__HEIMTA_CONFIG__", config).encode())
            elif path.startswith("/w/"):
                widget = street.files[path.removeprefix("/w/").removesuffix(".js")]
                self.answer("text/javascript", widget, Access_Control_Allow_Origin="*")
            elif path.startswith("/seen/p/"):
                street.seen[path.removeprefix("/seen/p/")] = unquote(self.path.partition("?")[2])
                self.answer("image/svg+xml", b"")
            elif path == "/heimta-sw.js":
                self.answer("text/javascript", street.files["sw"])
            elif path.startswith("/p/"):
                name = path.removeprefix("/p/")
                policy = street.hazards[name].policy.format(edge=street.edge)
                more = {"Content_Security_Policy": policy} if policy else {}
                self.answer("text/html", street.page(name).encode(), **more)
            else:
                self.answer("text/html", street.frames().encode())

        def do_POST(self) -> None:
            batch: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/s/demo":
                street.batches.append((batch["ev"][0]["u"].rpartition("/")[2], batch))
            self.answer("application/json", b'{"ok":1}', Access_Control_Allow_Origin=self.headers["Origin"])

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: pytest shows what matters."""

    return Handler


@contextmanager
def street(bundles: dict[str, bytes], hazards: dict[str, Hazard]) -> Iterator[Street]:
    made = Street(files=bundles, hazards=hazards)
    server = ShopServer(("127.0.0.1", 0), _handler(made))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    port = server.server_address[1]
    made.address, made.edge = f"http://shop.localhost:{port}", f"http://edge.localhost:{port}"
    assert urlsplit(made.address).port
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
