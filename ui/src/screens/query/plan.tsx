// How a statement is run, drawn as the tree that the engine's indentation tells.

interface Node {
  text: string
  depth: number
  inside: Node[]
}

export function planTree(lines: string[]): Node[] {
  const roots: Node[] = []
  const path: Node[] = []
  for (const line of lines.flatMap((one) => one.split('\n')).filter((one) => one.trim() !== '')) {
    const depth = line.length - line.trimStart().length
    const node = { text: line.trim().replace(/^(->|[|`-]+)\s*/, ''), depth, inside: [] }
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= depth) path.pop()
    const parent = path.at(-1)
    if (parent) parent.inside.push(node)
    else roots.push(node)
    path.push(node)
  }
  return roots
}

export function Plan({ lines }: { lines: string[] }) {
  return (
    <div className="card plan">
      <Branch nodes={planTree(lines)} />
    </div>
  )
}

function Branch({ nodes }: { nodes: Node[] }) {
  return (
    <ul>
      {nodes.map((node, n) => (
        <li key={n}>
          <span className={/^(Seq Scan|SCAN)\b/.test(node.text) ? 'plan-whole' : undefined}>{node.text}</span>
          {node.inside.length > 0 && <Branch nodes={node.inside} />}
        </li>
      ))}
    </ul>
  )
}
