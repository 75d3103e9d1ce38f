// Finds what was meant by a few letters: all words must be there; names that begin with them come first.

export function rank<T>(all: T[], words: string, textOf: (one: T) => string): T[] {
  const wanted = words.toLowerCase().split(/[\s:]+/).filter(Boolean)
  if (wanted.length === 0) return all
  return all
    .map((one) => ({ one, score: scoreOf(textOf(one).toLowerCase(), wanted) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((found) => found.one)
}

function scoreOf(text: string, wanted: string[]): number {
  let score = 0
  for (const word of wanted) {
    const at = text.indexOf(word)
    if (at < 0) return 0
    const begins = at === 0 || /[\s:._-]/.test(text[at - 1] ?? '')
    score += (begins ? 3 : 1) + (at === 0 ? 2 : 0) + 1 / (1 + at)
  }
  return score
}
