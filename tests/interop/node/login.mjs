// Begin: the URL that the browser goes to, and what has to be remembered until it comes back.
import { callback, client, configuration, say } from "./provider.mjs";

const verifier = client.randomPKCECodeVerifier();
const nonce = client.randomNonce();
const state = client.randomState();
const url = client.buildAuthorizationUrl(configuration, {
  redirect_uri: callback,
  scope: "openid email",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
});
say({ url: url.href, verifier, nonce, state });
