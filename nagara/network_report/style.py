"""How the report's page looks, on screen and on paper. Colour never carries a meaning alone."""

STYLE = """
:root { --ink: #17262e; --soft: #50626c; --line: #d5dee2; --accent: #12475c; --band: #c9e0e8;
  --paper: #ffffff; --wash: #f4f8f9; --made: #8a5a00; }
* { box-sizing: border-box; }
body { margin: 0; background: #e9eff1; color: var(--ink);
  font: 16px/1.55 "Noto Sans", "Noto Sans Khmer", "Noto Sans Thai", system-ui, "Segoe UI", sans-serif; }
main { max-width: 880px; margin: 0 auto; background: var(--paper); padding: 0 60px 70px; }
header { background: var(--accent); color: #fff; margin: 0 -60px; padding: 46px 60px 38px; }
header p { margin: 0; color: #d4e6ed; }
header .lead { font-size: 18px; margin-top: 10px; color: #fff; }
h1 { font-size: 36px; line-height: 1.15; margin: 8px 0 0; letter-spacing: -.01em; }
h2 { font-size: 25px; line-height: 1.25; margin: 58px 0 6px; color: var(--accent); }
h3 { font-size: 18px; margin: 34px 0 2px; }
h4 { font-size: 16px; margin: 0; }
p, li { max-width: 72ch; } p { margin: 8px 0; } ul { padding-left: 22px; } li { margin: 4px 0; }
.note { color: var(--soft); font-size: 14.5px; }
.box { background: var(--wash); border-left: 4px solid var(--accent); padding: 12px 20px; margin: 22px 0; }
.warn { border-left-color: var(--made); background: #fdf6e7; }
.badge { display: inline-block; border: 1.5px dashed var(--made); color: var(--made); border-radius: 4px;
  font-size: 12px; font-weight: 600; line-height: 1.3; padding: 1px 7px; white-space: nowrap; vertical-align: 1px; }
.badge.real { border: 1.5px solid var(--accent); color: var(--accent); }
figure { margin: 14px 0 8px; } figcaption { font-size: 14px; color: var(--soft); margin-top: 2px; }
svg { display: block; width: 100%; height: auto; font-family: inherit; }
svg .grid { stroke: var(--line); stroke-width: 1; } svg .notch { stroke: var(--soft); }
svg .tick { fill: var(--soft); font-size: 12.5px; text-anchor: middle; }
svg .tick-left { fill: var(--soft); font-size: 12px; text-anchor: end; }
svg .axis { fill: var(--soft); font-size: 12px; text-anchor: end; }
svg .name { fill: var(--ink); font-size: 15px; font-weight: 600; }
svg .value { fill: var(--ink); font-size: 14px; } svg .legend { fill: var(--ink); font-size: 13px; }
svg .inside { font-size: 13px; text-anchor: middle; font-weight: 600; }
svg .reason { fill: var(--soft); font-size: 13.5px; font-style: italic; }
svg .whisker { stroke: var(--accent); stroke-width: 3; } svg .whisker-end { stroke: var(--accent); stroke-width: 2; }
svg .whisker.simulated { stroke-dasharray: 6 3; }
svg .dot { fill: var(--accent); stroke: var(--accent); stroke-width: 2; } svg .dot.simulated { fill: #fff; }
svg .band { fill: var(--band); } svg .curve { fill: none; stroke: var(--accent); stroke-width: 2.2; }
svg .curve.simulated { stroke-dasharray: 7 3; }
svg .limit { fill: none; stroke: var(--soft); stroke-width: 1.2; } svg .limit.warning { stroke-dasharray: 5 4; }
svg .target { stroke: var(--accent); stroke-width: 1.6; }
svg .outside { fill: #fff; stroke: var(--made); stroke-width: 2; } svg .outside.investigate { fill: var(--made); }
.forms { display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 0; list-style: none; margin: 18px 0 0; }
header .forms a { color: #fff; }
.draft { font-weight: 700; border: 2px solid #b3261e; color: #b3261e; padding: 8px 14px; }
.curves { display: grid; grid-template-columns: 1fr 1fr; gap: 22px 28px; margin-top: 14px; }
.curves figure { margin: 0; break-inside: avoid; }
.scroll { overflow-x: auto; margin: 8px 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 13.5px; padding: 2px 0 5px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 1.5px solid var(--accent); vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 150px; }
td.n, th.n { text-align: right; padding-right: 18px; white-space: nowrap; }
code { font-size: 12.5px; overflow-wrap: anywhere; }
a { color: var(--accent); } a:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
nav { margin-top: 24px; } nav ol { columns: 2; padding-left: 20px; margin: 6px 0; }
svg .small { fill: var(--soft); font-size: 12px; }
.local.name { display: inline-block; white-space: nowrap; }
.local { color: var(--soft); font-weight: 400; }
@media (max-width: 760px) { main { padding: 0 20px 40px; } header { margin: 0 -20px; padding: 32px 20px; }
  .curves { grid-template-columns: 1fr; } nav ol { columns: 1; } h1 { font-size: 28px; }
  .plot { overflow-x: auto; } .plot > svg { min-width: 640px; } }
@media print { @page { size: A4; margin: 16mm 15mm; }
  body { background: #fff; font-size: 10.5pt; } main { max-width: none; padding: 0; }
  header { margin: 0; padding: 0 0 12px; background: none; color: var(--ink); border-bottom: 3px solid var(--accent); }
  header p, header .lead { color: var(--ink); } nav, .forms { display: none; }
  h2 { break-after: avoid; margin-top: 30px; } h3, h4 { break-after: avoid; }
  figure, tr, .box { break-inside: avoid; } thead { display: table-header-group; }
  table { font-size: 9.5pt; } .scroll { overflow: visible; } a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
