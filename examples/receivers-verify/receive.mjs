// Takes webhooks and checks how they are signed, one path a scheme: node receive.mjs.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { createServer } from 'node:http'

const secrets = (process.env.WEBHOOK_SECRETS ?? '').split(' ').filter(Boolean) // while one is replaced: both
const publicKey = process.env.WEBHOOK_PUBLIC_KEY // whpk_…

// Each tells whether payload is signed: the raw body, of a GET the raw query.
const schemes = {
  '/standard'(h, payload) {
    const text = signedText(h, payload)
    return marked(h, 'v1,').some((sum) => signed(text, sum, bytesOf)) && fresh(h['webhook-timestamp'])
  },
  '/ed25519'(h, payload) {
    const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const text = signedText(h, payload)
    return marked(h, 'v1a,').some((sum) => verify(null, text, key, sum)) && fresh(h['webhook-timestamp'])
  },
  '/github'(h, payload) {
    const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(h['x-hub-signature-256'] ?? '') ?? []
    return hex !== undefined && signed(payload, Buffer.from(hex, 'hex'))
  },
  '/stripe'(h, payload) {
    const parts = (h['stripe-signature'] ?? '').split(',').map((part) => part.split('='))
    const at = parts.find(([name]) => name === 't')?.[1]
    const sums = parts.filter(([name]) => name === 'v1').map(([, hex]) => Buffer.from(hex ?? '', 'hex'))
    return sums.some((sum) => signed(Buffer.concat([Buffer.from(`${at}.`), payload]), sum)) && fresh(at)
  },
  '/shopify'(h, payload) {
    return signed(payload, Buffer.from(h['x-shopify-hmac-sha256'] ?? '', 'base64'))
  },
  // A signature "hmac" as Slack's.
  '/hmac'(h, payload) {
    const at = h['x-slack-request-timestamp']
    const [, hex] = /^v0=([0-9a-f]{64})$/.exec(h['x-slack-signature'] ?? '') ?? []
    return hex !== undefined && signed(Buffer.concat([Buffer.from(`v0:${at}:`), payload]), Buffer.from(hex, 'hex')) && fresh(at)
  },
}

const signedText = (h, payload) => Buffer.concat([Buffer.from(`${h['webhook-id']}.${h['webhook-timestamp']}.`), payload])

// marked are the signatures of one version.
const marked = (h, mark) => (h['webhook-signature'] ?? '').split(' ')
  .filter((s) => s.startsWith(mark)).map((s) => Buffer.from(s.slice(mark.length), 'base64'))

// signed compares in constant time, with each secret.
const signed = (text, sum, key = (secret) => secret) => secrets.some((secret) => {
  const own = createHmac('sha256', key(secret)).update(text).digest()
  return own.length === sum.length && timingSafeEqual(own, sum)
})

// bytesOf reads a secret of Standard Webhooks.
const bytesOf = (secret) => secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret

const fresh = (seconds) => /^\d+$/.test(seconds) && Math.abs(Date.now() / 1000 - Number(seconds)) <= 300

// Each webhook-id that was taken. For real it is a column that is unique, written in
// one transaction with what the event changes.
const seen = new Set()

async function receive(q, answer) {
  const [path, query = ''] = q.url.split(/\?(.*)/s)
  const parts = []
  let size = 0
  for await (const part of q) {
    if ((size += part.length) > 4 << 20) return answer.writeHead(413).end()
    parts.push(part)
  }
  const payload = q.method === 'GET' ? Buffer.from(query) : Buffer.concat(parts)
  if (!Object.hasOwn(schemes, path) || !schemes[path](q.headers, payload)) {
    return answer.writeHead(401).end('the signature is wrong, or too old\n')
  }
  const id = q.headers['webhook-id']
  if (seen.has(id)) return answer.end('had it\n')
  seen.add(id)
  // Hand the event to a queue of your own here. Whatever takes long comes after the answer.
  answer.writeHead(202).end()
}

createServer((q, answer) => receive(q, answer).catch(() => answer.destroy()))
  .listen(process.env.PORT ?? 9000, '127.0.0.1', () => console.log('listening'))
