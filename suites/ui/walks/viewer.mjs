// Somebody who may only look: no room shows a button that the board would refuse, and nothing that a
// room asks by itself is refused.

import { assert, link, mobo, open, picture, settled, step, URL_OF_BOARD, walk } from './harness.mjs'

const PASSWORD = 'only looking is enough for me'
/** What a reader of everything holds. */
const READS = ['board.read', 'config.read', 'events.read', 'logs.read', 'jobs.read', 'audit.read', 'rows.read', 'schema.read', 'source.read', 'project.read', 'policy.read', 'grants.read', 'auth.users.read', 'auth.agents.read', 'auth.keys.read', 'auth.orgs.read', 'admin.sessions.read']

await walk(async (page, chrome) => {
  // The permissions that reading operations need, as the board tells them itself.
  const specs = await step('the operations', async () => {
    await page.goto(link())
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create my account' }).click()
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
    return page.evaluate(async () => (await (await fetch('/admin/v1/operations')).json()).operations)
  })
  const reads = [...new Set([...READS, ...specs.filter((one) => one.effect === 'read').map((one) => one.permission)])]
  const [organization] = mobo('org:list', '--project', 'zero').organizations
  const at = organization.organization
  const give = reads.flatMap((one) => ['--permissions', one])
  mobo('org:role:create', at, 'onlooker', ...give, '--project', 'zero')
  mobo('user:create', 'grace@example.com', '--name', 'Grace', '--password', PASSWORD, '--project', 'zero')
  mobo('org:member:add', at, 'grace@example.com', '--role', 'onlooker', '--project', 'zero')

  const own = await open(chrome)
  await step('they sign in', async () => {
    await own.goto(URL_OF_BOARD)
    await own.getByLabel('E-mail').fill('grace@example.com')
    await own.getByLabel('Password').fill(PASSWORD)
    await own.getByRole('button', { name: 'Sign in' }).click()
    await own.getByRole('navigation', { name: 'Rooms' }).waitFor()
  })
  const refused = []
  own.on('response', (answer) => [401, 403].includes(answer.status()) && refused.push(`${answer.status()} ${answer.url()}`))

  const never = {
    '/board': ['Restart', 'Stop', 'Swap', 'Mend what can be mended'],
    '/data': ['New table'],
    '/data/public/books': ['Insert', 'Import', 'Undo', /^Change /, /^Delete /],
    '/data/public/books?show=structure': ['Add a column', 'Add an index', /^Drop/, 'Rename the table', /^Change /],
    '/query': [],
    '/policies': ['Add a rule', 'Drop', 'Mend'],
    '/people': ['Add somebody'],
    '/people?show=agents': ['New agent', 'Pause', 'Budget'],
    '/people?show=organizations': ['New organization', 'Invite', 'New team', 'New role'],
    '/people?show=sessions': ['End it', 'End all of them'],
    '/api': ['New key', 'Revoke'],
    '/welcome': ['Make a publishable key'],
    '/events': [],
    '/events?show=charts': [],
    '/events?show=logs': [],
    '/events?show=jobs': ['Try again', 'Cancel'],
    '/events?show=audit': [],
    '/settings': ['Review and save', 'back to the default'],
  }
  for (const [path, names] of Object.entries(never)) {
    await step(path, async () => {
      await own.goto(URL_OF_BOARD + path)
      await own.locator('main h1').first().waitFor()
      await settled(own)
      for (const name of names) {
        const there = own.locator('main').getByRole('button', { name, exact: typeof name === 'string' })
        assert.equal(await there.count(), 0, `\`${name}\` is shown`)
      }
      assert.deepEqual(refused, [], 'nothing that the room asks is refused')
    })
  }
  await picture(own, 'onlooker')
  await step('a cell does not open', async () => {
    await own.goto(`${URL_OF_BOARD}/data/public/books`)
    await own.locator('.grid-cell').nth(1).dblclick()
    assert.equal(await own.locator('.grid-input').count(), 0)
  })
  await step('settings cannot be written', async () => {
    await own.goto(`${URL_OF_BOARD}/settings`)
    await own.locator('.setting').first().waitFor()
    assert.equal(await own.locator('.setting :is(input, select):not(:disabled)').count(), 0)
  })
  await step('a part tells about itself, and takes no order', async () => {
    await own.goto(`${URL_OF_BOARD}/board`)
    await own.locator('.chip').first().click()
    await own.locator('dialog[open] .facts').first().waitFor()
    for (const name of ['Restart', 'Stop', 'Swap']) assert.equal(await own.getByRole('button', { name }).count(), 0)
  })
  await step('the palette offers what may be called, and nothing else', async () => {
    await own.goto(`${URL_OF_BOARD}/board`)
    await own.locator('.chip').first().waitFor()
    await own.keyboard.press('Control+k')
    await own.getByRole('combobox').fill('component')
    await own.getByRole('option', { name: /component:list/ }).waitFor()
    assert.equal(await own.getByRole('option', { name: /component:restart/ }).count(), 0)
  })
  assert.deepEqual(refused, [])
  assert.deepEqual(own.complaints, [])
})
