// Draws two bars in one place, a part before all of it: the recovered of the carts abandoned, those who left of the signs
// of leaving. The numbers come with the page, in data-series; the table below the plot says the same in words.

// As the page writes them, whatever language the browser speaks.
const number = new Intl.NumberFormat('en')
// Whole steps, up to more carts than any shop has: without one that fits, there would be no scale at all.
const STEPS = [...Array(10).keys()].flatMap((zeros) => [1, 2, 5].map((step) => step * 10 ** zeros))
const FIGURE = 7.5 // px of a figure of 12 px, at most

// As wide as the longest of its numbers: what is cut off at the left is another number.
const scaleWidth = (_plot, values) =>
  16 + FIGURE * Math.max(3, ...(values ?? []).map((value) => value.length))

// The smaller of two stands in front, so that both are seen: more carts may be recovered on a day than are left.
const picked = (part, all, isMore) =>
  part.map((count, index) => (count > all[index] === isMore ? count : null))

const draw = (box) => {
  const { labels, all, part, words } = JSON.parse(box.dataset.series)
  const style = getComputedStyle(document.documentElement)
  const color = (name) => style.getPropertyValue(name).trim()
  const readout = box.nextElementSibling
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const axis = { stroke: color('--muted'), font, ticks: { show: false } }
  const bars = (name) => ({
    fill: color(name),
    width: 0,
    paths: uPlot.paths.bars({ size: [0.72, 40], radius: 0.15 }),
    points: { show: false },
  })
  const tell = (index) => {
    if (readout)
      readout.textContent =
        index === null || index === undefined
          ? ''
          : `${labels[index]}: ${number.format(all[index])} ${words[0]}${words[1] ? `, ${number.format(part[index])} ${words[1]}` : ''}`
  }
  const options = {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { x: true, y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [-0.6, labels.length - 0.4] },
      y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        gap: 8,
        grid: { show: false },
        splits: () => labels.map((_, index) => index),
        values: (plot, splits) => {
          const step = Math.ceil((splits.length * 56) / plot.width)
          return splits.map((index) => ((labels.length - 1 - index) % step === 0 ? labels[index] : ''))
        },
      },
      {
        ...axis,
        size: scaleWidth,
        grid: { stroke: color('--line'), width: 1 },
        incrs: STEPS,
        values: (_plot, splits) => splits.map((split) => number.format(split)),
      },
    ],
    series: [{}, bars('--recovered'), bars('--abandoned'), bars('--recovered')],
    hooks: { setCursor: [(plot) => tell(plot.cursor.idx)] },
  }
  const data = [picked(part, all, true), all, picked(part, all, false)]
  const plot = new uPlot(options, [labels.map((_, index) => index), ...data], box)
  return plot
}

for (const box of document.querySelectorAll('[data-series]')) {
  let plot = draw(box)
  const again = () => {
    plot.destroy()
    plot = draw(box)
  }
  addEventListener('resize', () => plot.setSize({ width: box.clientWidth, height: box.clientHeight }))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again)
}
