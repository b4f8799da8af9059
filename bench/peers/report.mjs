/** The tables of the comparison with peers. */
import { CHECKS } from '../fidelity/index.mjs'
import { FIRST_SIGHT } from '../lanes/latency.mjs'

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const mib = (value) => `${value.toFixed(0)} MiB`
const count = (value) => Math.round(value).toLocaleString('en-US')
/** Not compared for the best of a column: they do less, or are another one again. */
const NO_GATEWAY = ['direct', 'proxy', 'relay', FIRST_SIGHT]

/** `{name, title, rows}` for speed, memory and fidelity, and for what is absent. */
export function peerTables({ titles, ways, fidelity, absent }) {
  const waysTables = Object.entries(ways).flatMap(([way, measured]) =>
    wayTables(way, measured, titles),
  )
  return [
    ...waysTables,
    ...(Object.keys(fidelity).length > 0
      ? [{ name: 'peers-fidelity', title: 'Fidelity', rows: fidelityRows(fidelity, titles) }]
      : []),
    ...(absent.length > 0
      ? [{ name: 'peers-absent', title: 'Not measured', rows: absentRows(absent) }]
      : []),
  ]
}

function wayTables(way, { speed, many, memory }, titles) {
  const key = way.replace(' ', '-')
  const names = Object.keys(many).filter((name) => name !== 'direct')
  const sizes = Object.keys(speed)
  const heads = sizes.map((size) => (size >= 1000 ? `${size / 1000} MB` : `${size} KB`))
  const row = (name, cells) => [titles[name] ?? name, ...cells]
  const perSize = (cell) => names.map((name) => row(name, best(sizes, speed, name, cell)))
  return [
    {
      name: `peers-${key}-latency`,
      title: `Added latency (p50), ${way}, 1 connection`,
      rows: [['', ...heads], ...perSize(latencyOf)],
    },
    {
      name: `peers-${key}-cpu`,
      title: `CPU time a request, ${way}, 1 connection; requests a second at 16; memory`,
      rows: [
        [
          '',
          ...heads.map((head) => `CPU, ${head}`),
          '50 KB a second, 16 connections',
          'idle',
          'after the load',
        ],
        ...names.map((name) =>
          row(name, [
            ...best(sizes, speed, name, cpuOf),
            rateOf(many, name),
            memoryOf(memory.idle, name),
            memoryOf(memory.underLoad, name),
          ]),
        ),
      ],
    },
  ]
}

/** The cells of a row; the best gateway of a column is bold. */
function best(sizes, speed, name, { value, show }) {
  return sizes.map((size) => {
    const lane = speed[size]
    if (lane[name].failed !== undefined) return failure(lane[name])
    const gateways = Object.keys(lane).filter(
      (one) => !NO_GATEWAY.includes(one) && lane[one].failed === undefined,
    )
    const least = Math.min(...gateways.map((one) => value(lane, one)))
    const text = show(value(lane, name))
    return gateways.includes(name) && value(lane, name) === least ? `**${text}**` : text
  })
}

const latencyOf = {
  value: (lane, name) => Math.max(0, lane[name].p50ms - lane.direct.p50ms),
  show: ms,
}
const cpuOf = { value: (lane, name) => lane[name].cpuMs, show: ms }

function rateOf(lane, name) {
  if (lane[name].failed !== undefined) return failure(lane[name])
  const gateways = Object.keys(lane).filter(
    (one) => !NO_GATEWAY.includes(one) && lane[one].failed === undefined,
  )
  const most = Math.max(...gateways.map((one) => lane[one].perSecond))
  const text = count(lane[name].perSecond)
  return gateways.includes(name) && lane[name].perSecond === most ? `**${text}**` : text
}

function failure({ failed }) {
  return `failed: ${failed}`
}

function memoryOf(memory, name) {
  return memory[name] === undefined ? '' : mib(memory[name])
}

/** A row a check, a column a contestant; wrong cells say what was seen. */
function fidelityRows(fidelity, titles) {
  const names = Object.keys(fidelity)
  const short = (name) => (titles[name] ?? name).replace(/ \(.*/, '')
  const rows = CHECKS.map(({ name, right }) => [
    name,
    right,
    ...names.map((one) => verdict(fidelity[one][name])),
  ])
  const sums = names.map((name) => {
    const all = Object.values(fidelity[name]).filter(({ right }) => right !== undefined)
    return `**${all.filter(({ right }) => right).length} of ${all.length}**`
  })
  return [['', 'right is', ...names.map(short)], ...rows, ['right in all', '', ...sums]]
}

function verdict(found) {
  if (found === undefined) return ''
  if (found.right === undefined) return `cannot be asked: ${found.seen}`
  return found.right ? 'right' : `wrong: ${found.seen}`
}

function absentRows(absent) {
  return [['', 'why'], ...absent.map(({ title, reason }) => [title, reason])]
}
