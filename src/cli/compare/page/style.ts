/** The look of the page: light or dark as the system is, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfbfa; --card: #fff; --ink: #1d1f23; --soft: #5c626d; --line: #dcdee3;
  --m0: #2563b8; --m1: #b3540f; --m2: #2f7d4f; --m3: #8a3fa0; --m4: #a32d49; --m5: #4b6470;
  --good: #1f7a45; --bad: #b3261e; --add: #e3f4e8; --del: #fbe6e4; --hunk: #e9eefb; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --card: #1e2126; --ink: #e6e8eb; --soft: #a0a7b2; --line: #353a42;
  --m0: #74a9f2; --m1: #eb9a5c; --m2: #6fc492; --m3: #c98fe0; --m4: #ef8ba2; --m5: #9db4c0;
  --good: #6fc492; --bad: #f2938c; --add: #17351f; --del: #43201d; --hunk: #212c45; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem clamp(.75rem, 3vw, 2.5rem) 3rem; max-width: 90rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .25rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
p.soft, .soft { color: var(--soft); margin: .25rem 0; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
article.card + article.card, .scroll + .grid { margin-top: 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; min-width: 0; }
.scroll { overflow-x: auto; }
ol { margin: 0; padding-left: 1.4rem; }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; } td.n, th.n { text-align: right; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
pre.diff { white-space: pre; overflow-x: auto; } pre.diff span { display: block; min-width: max-content; padding: 0 .4rem; }
pre.diff .a { background: var(--add); } pre.diff .d { background: var(--del); } pre.diff .h { background: var(--hunk); } pre.diff .f { font-weight: 700; }
details { margin-top: .6rem; } summary { cursor: pointer; color: var(--soft); }
.dot { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg { display: block; width: 100%; } svg text { fill: var(--ink); font-size: 13px; } svg text.soft { fill: var(--soft); }
svg .track { fill: var(--line); opacity: .45; }
${[0, 1, 2, 3, 4, 5].map((n) => `.dot.m${n} { background: var(--m${n}); } svg .m${n} { fill: var(--m${n}); }`).join('\n')}
svg .m0.light, svg .m1.light, svg .m2.light, svg .m3.light, svg .m4.light, svg .m5.light { opacity: .45; }
`
