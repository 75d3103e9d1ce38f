export function Waiting({ what }: { what: string }) {
  return (
    <p className="waiting quiet" role="status">
      {what}
    </p>
  )
}
