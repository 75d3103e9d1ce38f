// When, as people say it; the exact moment is one look away.

import { ago, moment } from '../words/words'

export function Ago({ at }: { at: string }) {
  const then = new Date(at)
  return (
    <time dateTime={at} title={moment(then)}>
      {ago(then)}
    </time>
  )
}
