// What a person does at the pages of the board, without a browser: fills the forms and follows.

/** From the address of an authorization to the address of the app. */
export async function agree(address, { email, password, action = "approve" }) {
  let cookie = "";
  let at = new URL(address);
  const ask = async (to, body) => {
    let next = new URL(to, at);
    for (let steps = 0; steps < 10; steps += 1) {
      const answer = await fetch(next, {
        method: body ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie, ...(body && { "sec-fetch-site": "same-origin" }) },
        body,
      });
      for (const set of answer.headers.getSetCookie()) cookie = set.split(";")[0];
      const location = answer.headers.get("location");
      if (!location) return { page: await answer.text(), at: next };
      const target = new URL(location, next);
      if (target.host !== at.host) return { away: target };
      [next, body] = [target, undefined];
    }
    throw new Error("the board sends one around");
  };
  const field = (page, name) => {
    const found = new RegExp(`name="${name}" value="([^"]*)"`).exec(page);
    if (!found) throw new Error(`no ${name} in ${page}`);
    return found[1];
  };
  let { page, away } = await ask(at);
  for (let steps = 0; steps < 5 && !away; steps += 1) {
    const form = /action="([^"]*)"/.exec(page)[1];
    const body = new URLSearchParams({
      authorization_id: field(page, "authorization_id"),
      csrf: field(page, "csrf"),
    });
    if (page.includes('value="sign_in"')) {
      body.set("email", email);
      body.set("password", password);
      body.set("action", "sign_in");
    } else {
      body.set("action", action);
    }
    ({ page, away } = await ask(form, body));
  }
  if (!away) throw new Error(`nobody was let through: ${page}`);
  return away;
}
