// How the overlay looks: a card at the side, a sheet at the bottom of a phone. Colours of its own, so that nobody takes
// it for a part of the shop; a mark before each state, since colour alone tells not everybody.
export const css =
  '*{box-sizing:border-box;margin:0;overflow-wrap:anywhere}' +
  'aside{all:initial;position:fixed;inset:auto 0 0;z-index:2147483647;width:100%;overflow:hidden;' +
  'border-radius:14px 14px 0 0;background:#14211c;color:#c3d1c8;font:14px/1.5 system-ui,sans-serif;' +
  'color-scheme:dark;box-shadow:0 0 0 1px #fff2,0 12px 48px #0008}' +
  'button{position:absolute;inset-inline-end:4px;top:6px;width:44px;height:44px;border:0;border-radius:10px;' +
  'background:0 0;color:#fff;font-size:22px;cursor:pointer}' +
  ':focus-visible{outline:2px solid #8fd3ac;outline-offset:-2px}' +
  'summary{padding:3px 0;cursor:pointer}' +
  '#h>summary{padding:8px 56px 8px 18px;background:#0d1713}' +
  'summary>small{display:block}' +
  'b,.good,.wait,.no{color:#fff}' +
  '#b{max-height:55vh;overflow:auto;padding:0 18px 16px;overscroll-behavior:contain}' +
  'section{padding:12px 0;border-bottom:1px solid #fff1}' +
  'h2,small,footer{font-size:12px;color:#a9bcb0}' +
  'footer{padding-top:12px}' +
  '.good,.wait,.no{position:relative;padding-inline-start:20px}' +
  '[class]:before{position:absolute;inset-inline-start:0}' +
  '.good:before{content:"✓";color:#8fd3ac}.wait:before{content:"…";color:#f0c674}.no:before{content:"×";color:#f2a08d}' +
  'ul,ol{padding:0;list-style:none}' +
  'li+li{margin-top:6px}' +
  'time{margin-inline-end:10px;color:#a9bcb0}' +
  'pre{padding:10px;border-radius:8px;background:#0d1713;font-size:12px;white-space:pre-wrap}' +
  '@media(min-width:640px){aside{inset:16px 16px auto auto;width:384px;border-radius:14px}#b{max-height:calc(100vh - 96px)}}'
