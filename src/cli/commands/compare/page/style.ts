/** The style sheet of the page: light or dark like the system, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfbfa; --card: #fff; --ink: #1d1f23; --soft: #5c626d; --line: #dcdee3;
  --m0: #2563b8; --m1: #b3540f; --m2: #2f7d4f; --m3: #8a3fa0; --m4: #a32d49; --m5: #4b6470;
  --good: #1f7a45; --bad: #b3261e; --add: #e3f4e8; --del: #fbe6e4; --hunk: #e9eefb; --code: #f1f2f4; --shade: #0003; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --card: #1e2126; --ink: #e6e8eb; --soft: #a0a7b2; --line: #353a42;
  --m0: #74a9f2; --m1: #eb9a5c; --m2: #6fc492; --m3: #c98fe0; --m4: #ef8ba2; --m5: #9db4c0;
  --good: #6fc492; --bad: #f2938c; --add: #17351f; --del: #43201d; --hunk: #212c45; --code: #282c33; --shade: #000a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem clamp(.75rem, 3vw, 2.5rem) 3rem; max-width: 90rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .25rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
p.soft, .soft { color: var(--soft); margin: .25rem 0; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 50rem) { .grid.two, .grid.three { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 72rem) { .grid.three { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
.grid.charts { margin-top: 1rem; }
@media (min-width: 36rem) { .charts.of3 { grid-template-columns: repeat(3, minmax(0, 1fr)); } .charts.of4 { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 64rem) { .charts.of4 { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; min-width: 0; }
.scroll { overflow-x: auto; container-type: scroll-state; background: linear-gradient(to right, var(--paper) 40%, transparent) left / 3rem 100% no-repeat local,
  linear-gradient(to left, var(--paper) 40%, transparent) right / 3rem 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / .9rem 100% no-repeat scroll, linear-gradient(to left, var(--shade), transparent) right / .9rem 100% no-repeat scroll; }
.card .scroll { --paper: var(--card); }
.hint { display: none; position: sticky; left: 0; width: fit-content; margin: .25rem 0; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) { .wide .hint { display: block; } }
@supports (container-type: scroll-state) { .wide .hint { display: none; }
  @container scroll-state(scrollable: x) { .scroll .hint { display: block; } } }
ol, .card > ul { margin: 0; padding-left: 1.4rem; } h3.model { margin: 1.25rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; } td.n, th.n { text-align: right; }
td.name { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
.name small { display: block; color: var(--soft); font-size: .8rem; font-weight: 400; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
pre.diff { white-space: pre; overflow-x: auto; } pre.diff span { display: block; min-width: max-content; padding: 0 .4rem; }
pre.diff .a { background: var(--add); } pre.diff .d { background: var(--del); } pre.diff .h { background: var(--hunk); } pre.diff .f { font-weight: 700; }
details { margin-top: .6rem; } article.card + article.card.work { margin-top: 1rem; } summary { cursor: pointer; color: var(--soft); }
.dot { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg { display: block; width: 100%; }
.bar { display: flex; justify-content: space-between; gap: .75rem; margin: .5rem 0 .2rem; font-size: 13px; } .bar span { overflow-wrap: anywhere; } .bar span + span { color: var(--soft); white-space: nowrap; }
.md { overflow-wrap: anywhere; } .md > :first-child { margin-top: 0; } .md > :last-child { margin-bottom: 0; }
.md p, .md ul, .md ol, .md blockquote, .md pre, .md .scroll { margin: .6rem 0; } .md ul, .md ol { padding-left: 1.5rem; } .md li > ul, .md li > ol { margin: 0; }
.md h4, .md h5, .md h6 { margin: 1.1rem 0 .4rem; font-size: 1.05rem; line-height: 1.3; } .md h5 { font-size: 1rem; } .md h6 { font-size: .92rem; }
.md code { font: .88em/1.5 ui-monospace, monospace; background: var(--code); border-radius: .25rem; padding: .1em .3em; }
pre.code { white-space: pre; overflow-x: auto; background: var(--code); border-radius: .4rem; padding: .6rem .75rem; } pre.code code { font: inherit; background: none; padding: 0; }
.md blockquote { margin-left: 0; padding-left: .8rem; border-left: 3px solid var(--line); color: var(--soft); } .md hr { border: 0; border-top: 1px solid var(--line); }
.md td, .md th { white-space: normal; overflow-wrap: normal; min-width: 4rem; vertical-align: top; }
a { color: var(--m0); }
svg .track { fill: var(--line); opacity: .45; }
${[0, 1, 2, 3, 4, 5].map((n) => `.dot.m${n} { background: var(--m${n}); } svg .m${n} { fill: var(--m${n}); }`).join('\n')}
svg .m0.light, svg .m1.light, svg .m2.light, svg .m3.light, svg .m4.light, svg .m5.light { opacity: .45; }
`
