// Sends one event: node send.mjs ID.
import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const url = new URL('/v1/events', process.env.POSTERN_URL ?? 'http://127.0.0.1:7480')
const options = { socketPath: process.env.POSTERN_SOCKET, method: 'POST', headers: { 'Content-Type': 'application/json' } }

const post = (event) => new Promise((resolve, reject) => {
  request(url, { ...options, signal: AbortSignal.timeout(5000) }, async (answer) => {
    try {
      const body = Buffer.concat(await answer.toArray()).toString()
      resolve({ status: answer.statusCode, after: answer.headers['retry-after'], body })
    } catch (e) { reject(e) }
  }).on('error', reject).end(JSON.stringify(event))
})

async function send(event) {
  let last
  for (let n = 0; n < 6; n++) {
    // After an error it was perhaps taken all the same: the id tells.
    last = await post(event).catch((e) => ({ status: 503, body: e.message }))
    if (last.status === 200 || last.status === 202) return JSON.parse(last.body)
    if (last.status !== 429 && last.status !== 503) throw new Error(JSON.parse(last.body).detail)
    await wait(1000 * Number(last.after ?? 1))
  }
  throw new Error(`not taken yet, keep it and its id: ${last.body}`)
}

console.log(JSON.stringify(await send({ id: process.argv[2], type: 'contact.subscribed', data: { contact: { email: 'user@example.com' } } })))
