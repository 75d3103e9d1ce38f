import { Link } from '@tanstack/react-router'
import { t } from '../words/words'

export function NotHere() {
  return (
    <section className="alone">
      <h1>{t('frame.noRoomHasThisAddress')}</h1>
      <p className="quiet">{t('frame.itMayHaveMovedOr')}</p>
      <p>
        <Link to="/board">{t('frame.toTheBoard')}</Link>
      </p>
    </section>
  )
}
