"""authlib signs somebody in with the board: URL is the address of the project, EMAIL and PASSWORD
are somebody's."""
import os
import re

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

# The board of a test is on this machine.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
url, email, password = (os.environ[name] for name in ("URL", "EMAIL", "PASSWORD"))
BACK = "https://app.test/back"

found = requests.get(f"{url}/auth/v1/.well-known/openid-configuration", timeout=30).json()
made = requests.post(found["registration_endpoint"], json={
    "client_name": "authlib", "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_post",
}, timeout=30).json()
client = OAuth2Session(made["client_id"], made["client_secret"], scope="openid email", redirect_uri=BACK,
                       token_endpoint_auth_method="client_secret_post", code_challenge_method="S256")


def agree(address):
    """What a person does at the pages of the board."""
    browser = requests.Session()
    answer = browser.get(address, timeout=30)
    for _ in range(5):
        form = re.search(r'action="([^"]*)"', answer.text).group(1)
        value = lambda name: re.search(rf'name="{name}" value="([^"]*)"', answer.text).group(1)
        body = {"authorization_id": value("authorization_id"), "csrf": value("csrf")}
        if 'value="sign_in"' in answer.text:
            body.update(email=email, password=password, action="sign_in")
        else:
            body.update(action="approve")
        answer = browser.post(requests.compat.urljoin(answer.url, form), data=body, timeout=30, allow_redirects=False)
        to = requests.compat.urljoin(address, answer.headers["location"])
        if to.startswith(BACK):
            return to
        answer = browser.get(to, timeout=30)
    raise SystemExit("nobody was let through")


verifier = generate_token(48)
address, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier)
arrived = agree(address)
token = client.fetch_token(found["token_endpoint"], authorization_response=arrived, code_verifier=verifier, state=state)
assert token["scope"] == "openid email" and token["id_token"], token
told = client.get(found["userinfo_endpoint"], timeout=30).json()
assert told["email"] == email, told
fresh = client.refresh_token(found["token_endpoint"], token["refresh_token"])
assert fresh["refresh_token"] != token["refresh_token"]
try:
    client.refresh_token(found["token_endpoint"], token["refresh_token"])
    raise SystemExit("a refresh token was good twice")
except OAuthError as error:
    assert error.error == "invalid_grant", error
told = client.get(found["userinfo_endpoint"], timeout=30)
assert told.status_code == 401, told.text
print("authlib is content")
