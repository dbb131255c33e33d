// The browser has come back: exchange the code, ask who it is, refresh, and say where to log out.
import { client, configuration, rest, say } from "./provider.mjs";

const [remembered, landed, out] = rest;
const { verifier, nonce, state } = JSON.parse(remembered);
const tokens = await client.authorizationCodeGrant(configuration, new URL(landed), {
  pkceCodeVerifier: verifier,
  expectedNonce: nonce,
  expectedState: state,
  idTokenExpected: true,
});
const claims = tokens.claims();
const info = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
const fresh = await client.refreshTokenGrant(configuration, tokens.refresh_token);
const logout = client.buildEndSessionUrl(configuration, {
  id_token_hint: fresh.id_token,
  post_logout_redirect_uri: out,
  state: "fin",
});
say({
  sub: claims.sub,
  userinfo_sub: info.sub,
  email: info.email,
  issuer: claims.iss,
  refreshed: fresh.refresh_token !== tokens.refresh_token,
  refresh_token: fresh.refresh_token,
  logout: logout.href,
});
