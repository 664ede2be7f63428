// A certified OpenID provider (npm oidc-provider) as the other side: what our client must get along with.
// node oidc_provider.mjs <path of oidc-provider> <client JSON> <claims JSON> [claims of the client JSON]; prints its port. It stops when stdin closes.
import { createServer } from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";

// Like HelseID it puts what a client attests in its assertion into the access token, beside what it knows of the client.
const [module, client, claims, of_client] = process.argv.slice(2);
const { default: Provider } = await import(module);
const person = JSON.parse(claims);
const scopes = JSON.parse(client).scope.split(" ");
const ours = scopes.filter((scope) => scope !== "openid").join(" ");
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });

function attested(ctx) {
  const part = String(ctx.oidc.body?.client_assertion ?? "").split(".")[1];
  const details = part && JSON.parse(Buffer.from(part, "base64url").toString()).assertion_details;
  return details ? { [details.type]: details } : {};
}

const server = createServer().listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [JSON.parse(client)],
    jwks: { keys: [{ ...key, kid: "one", use: "sig", alg: "ES256" }] },
    clientAuthMethods: ["private_key_jwt"],
    claims: { openid: ["sub", ...Object.keys(person)] },
    conformIdTokenClaims: false,
    extraTokenClaims: (ctx) => ({ ...JSON.parse(of_client ?? "{}"), ...attested(ctx) }),
    fetch: (url, { method, headers, body }) => fetch(url, { method, headers, body }), // its own reaches no loopback address
    scopes,
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"], clientAuthSigningAlgValues: ["ES256"] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid user/*.cruds"); // every scope by name, otherwise it asks for consent for ever
      grant.addResourceScope("http://127.0.0.1/fhir", "user/*.cruds");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      clientCredentials: { enabled: true },
      backchannelLogout: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: ours, audience: resource, accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } },
        }),
        useGrantedResource: () => true,
      },
    },
  });
  const answer = provider.callback();
  server.on("request", async (req, res) => {
    if (!req.url.startsWith("/interaction/")) return answer(req, res);
    return provider.interactionFinished(req, res, { login: { accountId: "person" } });
  });
  console.log(port);
});
process.stdin.on("end", () => process.exit(0)).resume();
