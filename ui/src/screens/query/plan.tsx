// How a statement is run, as a tree: each step with what it reads, how many rows are expected, and
// its share of the whole.

import { t, percent, ms } from '../../words/words'

interface Node {
  text: string
  /** What the engine says of the step besides: filters, keys, buffers. */
  notes: string[]
  cost?: number
  rows?: number
  took?: number
  found?: number
  inside: Node[]
  depth: number
}

/** PostgreSQL marks steps with an arrow, other engines by indentation alone. */
export function planTree(lines: string[]): { roots: Node[]; notes: string[] } {
  const all = lines.flatMap((one) => one.split('\n')).filter((one) => one.trim() !== '')
  const arrows = all.some((one) => /^\s*->/.test(one)) || all.some((one) => /\(cost=/.test(one))
  const roots: Node[] = []
  const notes: string[] = []
  const path: Node[] = []
  for (const line of all) {
    const depth = line.length - line.replace(/^[\s|`-]+/, '').length
    const bare = line.trim().replace(/^(->|[|`-]+)\s*/, '')
    const isStep = !arrows || /\(cost=/.test(line) || /^\s*->/.test(line)
    if (!isStep) {
      const holder = path.at(-1)
      if (holder && depth > 0) holder.notes.push(bare)
      else notes.push(bare)
      continue
    }
    const node: Node = {
      text: bare.replace(/\s*\((cost|actual)=?.*$/, '').replace(/\s*\(actual .*$/, ''),
      notes: [],
      depth,
      inside: [],
      cost: number(/cost=[\d.]+\.\.([\d.]+)/.exec(line)),
      rows: number(/cost=.*? rows=(\d+)/.exec(line)),
      took: number(/actual time=[\d.]+\.\.([\d.]+)/.exec(line)),
      found: number(/actual time=.*? rows=([\d.]+)/.exec(line)),
    }
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= depth) path.pop()
    const parent = path.at(-1)
    if (parent) parent.inside.push(node)
    else roots.push(node)
    path.push(node)
  }
  return { roots, notes }
}

const number = (found: RegExpExecArray | null) => (found?.[1] ? Number(found[1]) : undefined)

export function Plan({ lines }: { lines: string[] }) {
  const { roots, notes } = planTree(lines)
  const whole = Math.max(...roots.map((one) => one.took ?? one.cost ?? 0), 0)
  return (
    <section className="card plan" aria-label={t('query.plan')}>
      <ul className="plan-tree">
        {roots.map((node, n) => (
          <Branch key={n} node={node} whole={whole} />
        ))}
      </ul>
      {notes.length > 0 && <p className="quiet" translate="no">{notes.join(' · ')}</p>}
    </section>
  )
}

function Branch({ node, whole }: { node: Node; whole: number }) {
  const weight = node.took ?? node.cost
  const inner = node.inside.reduce((sum, one) => sum + (one.took ?? one.cost ?? 0), 0)
  const own = weight === undefined ? undefined : Math.max(0, weight - inner)
  const share = own !== undefined && whole > 0 ? own / whole : undefined
  // Every row of a table was read: worth an index when there are many.
  const wholeTable = /^(Seq Scan|SCAN)\b/.test(node.text)
  return (
    <li>
      <div className="plan-step" data-whole={wholeTable || undefined}>
        <span className="plan-text">
          <bdi>{node.text}</bdi>
          {wholeTable && <span className="badge" data-kind="warn">{t('query.readsEveryRow')}</span>}
        </span>
        <span className="plan-facts">
          {node.rows !== undefined && <span>{t('query.rowsExpected', { count: node.rows })}</span>}
          {node.found !== undefined && <span>{t('query.found', { count: node.found })}</span>}
          {node.took !== undefined && <span>{ms(node.took)}</span>}
          {node.took === undefined && node.cost !== undefined && <span>{t('query.cost', { cost: node.cost })}</span>}
        </span>
        {share !== undefined && <meter className="plan-share" min={0} max={1} value={share} aria-label={t('query.ofTheWhole', { share: percent(share) })} />}
        {node.notes.length > 0 && (
          <ul className="plan-notes">
            {node.notes.map((one, n) => (
              <li key={n} translate="no">{one}</li>
            ))}
          </ul>
        )}
      </div>
      {node.inside.length > 0 && (
        <ul>
          {node.inside.map((one, n) => (
            <Branch key={n} node={one} whole={whole} />
          ))}
        </ul>
      )}
    </li>
  )
}
