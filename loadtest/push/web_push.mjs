// node's web-push, called as its README shows: one sendNotification a subscription, SENDS of them at a time.
// Prints {count, wall_s, cpu_s} of what it sent.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../peers/package.json', import.meta.url))
const webpush = require('web-push')

const { endpoint, keys, vapid, payload, count, sends } = JSON.parse(process.argv[2])
const options = {
  vapidDetails: { subject: vapid.subject, publicKey: vapid.public, privateKey: vapid.private },
  TTL: 86400,
  contentEncoding: 'aes128gcm',
}

let next = 0
const one = async () => {
  while (next < count) {
    await webpush.sendNotification({ endpoint: `${endpoint}/0-${next++}`, keys }, payload, options)
  }
}

const warm = 50
for (let n = 0; n < warm; n++)
  await webpush.sendNotification({ endpoint: `${endpoint}/0-w${n}`, keys }, payload, options)
const cpu = process.cpuUsage()
const began = performance.now()
await Promise.all(Array.from({ length: sends }, one))
const wall_s = (performance.now() - began) / 1000
const used = process.cpuUsage(cpu)
process.stdout.write(JSON.stringify({ count, wall_s, cpu_s: (used.user + used.system) / 1e6 }))
