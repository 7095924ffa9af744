// How the overlay looks: a pill, a card of 380 px at most beside what the shopper does, a sheet on a phone. Colours of its
// own, so that nobody takes it for a part of the shop; a mark before each state, since colour alone tells not everybody.
export const css =
  '*{box-sizing:border-box;margin:0;overflow-wrap:anywhere}' +
  'aside{all:initial;position:fixed;z-index:2147483647;display:flex;flex-direction:column;' +
  'color:#c3d1c8;font:14px/1.5 system-ui,sans-serif;color-scheme:dark;overflow:visible}' +
  '.bottom{bottom:16px}.top{top:16px}.end{inset-inline-end:16px}.start{inset-inline-start:16px}' +
  'button,select{min-height:36px;border:1px solid #4b6257;border-radius:8px;background:#1d2f27;color:#fff;' +
  'font:inherit;cursor:pointer}' +
  'button{padding:4px 12px}select{padding:4px 8px}' +
  'button:hover{background:#2a4338}' +
  ':focus-visible{outline:2px solid #8fd3ac;outline-offset:2px}' +
  '#p{min-height:44px;padding:0 18px 0 14px;border:1px solid #fff3;border-radius:22px;background:#14211c;' +
  'font-weight:600;box-shadow:0 4px 16px #0005}' +
  '#p:before{content:"";display:inline-block;width:10px;height:10px;margin-inline-end:8px;border-radius:50%;background:#8fd3ac}' +
  'header,#b{display:none}' +
  '.open #p{display:none}' +
  '.open{overflow:hidden;width:380px;max-width:calc(100vw - 32px);max-height:min(640px,100vh - 32px);border-radius:14px;' +
  'background:#14211c;box-shadow:0 0 0 1px #fff2,0 12px 48px #0008}' +
  '.open header{display:flex;align-items:center;gap:6px;padding:8px 10px 8px 18px;background:#0d1713}' +
  'header button{width:40px;min-height:40px;padding:0;border:0;background:0 0;font-size:20px}' +
  'h1{flex:1;color:#fff;font-size:14px}' +
  'h1 small{display:block;font-weight:400}' +
  '.open #b{display:block;overflow:auto;padding:0 18px 16px;overscroll-behavior:contain}' +
  'summary{padding:4px 0;cursor:pointer}' +
  'b,.good,.wait,.no{color:#fff}' +
  'section{padding:14px 0;border-bottom:1px solid #fff2}' +
  'h2{margin-bottom:4px;color:#a9bcb0;font-size:12px;font-weight:600}' +
  'small,footer,.arm{color:#a9bcb0;font-size:12px}' +
  'footer{padding-top:12px}' +
  '.good,.wait,.no{position:relative;padding-inline-start:20px}' +
  '.good:before,.wait:before,.no:before{position:absolute;inset-inline-start:0}' +
  '.good:before{content:"✓";color:#8fd3ac}.wait:before{content:"…";color:#f0c674}.no:before{content:"×";color:#f2a08d}' +
  'ul,ol{padding:0;list-style:none}' +
  'li+li{margin-top:6px}' +
  '.card{padding:10px 12px;border-radius:10px;background:#1b2c25}' +
  '.card li{font-size:13px}' +
  '.card li.good{color:#c3d1c8}' +
  '.card .arm{margin-top:8px}' +
  '.card~.card{margin-top:8px}' +
  'h2+.arm{margin-bottom:10px}' +
  '.r{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}' +
  'time{margin-inline-end:10px;color:#a9bcb0}' +
  'pre{padding:10px;border-radius:8px;background:#0d1713;font-size:12px;white-space:pre-wrap}' +
  '@media(max-width:639px){.open{inset-inline:0;width:100%;max-width:none;max-height:60vh;border-radius:14px 14px 0 0}' +
  '.open.bottom{bottom:0}.open.top{top:0;border-radius:0 0 14px 14px}}' +
  '@media(forced-colors:active){aside{border:1px solid}}'
