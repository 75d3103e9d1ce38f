import { Link } from '@tanstack/react-router'

export function NotHere() {
  return (
    <section className="alone">
      <h1>No room has this address</h1>
      <p className="quiet">It may have moved, or the link was cut.</p>
      <p>
        <Link to="/board">To the board</Link>
      </p>
    </section>
  )
}
