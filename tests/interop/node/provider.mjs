// What the steps of one login share.
import * as client from "openid-client";

const [issuer, id, algorithm, callback, ...rest] = process.argv.slice(2);

export { callback, client, rest };

export const configuration = await client.discovery(
  new URL(issuer),
  id,
  { id_token_signed_response_alg: algorithm },
  client.None(),
  // The stack under test is on loopback, without TLS.
  { execute: [client.allowInsecureRequests] },
);

export function say(result) {
  process.stdout.write(JSON.stringify(result));
}
