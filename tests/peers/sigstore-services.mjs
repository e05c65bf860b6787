// SPDX-License-Identifier: Apache-2.0
// Sigstore's services on loopback, for tests: a certificate authority (Fulcio's API, by @sigstore/mock), a transparency
// log with the APIs of Rekor v1 and v2 over a real Merkle tree, a timestamp authority (openssl ts).
//   node sigstore-services.mjs MODULES DIR     MODULES: folder of node_modules with @sigstore/mock
// Writes trusted_root.json and signing_config.json (of Rekor v1; signing_config_v2.json of v2) to DIR, prints
// {"url": …} and serves until its standard input ends. Requests under /fault/NAME/ are answered wrongly: see `faults`.
// Those under /kind/NAME/ are logged by Rekor v1 as what it once made of them: see `kinds`.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, dir] = process.argv.slice(2);
const { initializeCA, initializeCTLog, fulcioHandler } = createRequire(path.resolve(modules) + '/')('@sigstore/mock');

const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
const spki = (key) => key.export({ format: 'der', type: 'spki' });
const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const sorted = (v) =>
    Array.isArray(v) ? v.map(sorted)
    : v !== null && typeof v === 'object'
        ? Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])]))
        : v;
const canonical = (v) => Buffer.from(JSON.stringify(sorted(v)));

// RFC 6962, section 2.1: the tree over all leaves, and the path of one.
const leafHash = (body) => sha256(Buffer.from([0]), body);
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));
function treeRoot(leaves) {
    if (leaves.length === 1) return leaves[0];
    const k = split(leaves.length);
    return sha256(Buffer.from([1]), treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)));
}
function treePath(leaves, m) {
    if (leaves.length === 1) return [];
    const k = split(leaves.length);
    return m < k ? [...treePath(leaves.slice(0, k), m), treeRoot(leaves.slice(k))]
        : [...treePath(leaves.slice(k), m - k), treeRoot(leaves.slice(0, k))];
}

class Log {
    constructor(origin, keyPair, ed25519) {
        Object.assign(this, { origin, keyPair, ed25519, leaves: [], entries: new Map() });
        for (let i = 0; i < 5; i++) this.leaves.push(leafHash(Buffer.from(`entry ${i} of somebody else`)));
        const der = spki(keyPair.publicKey);
        this.id = ed25519 ? sha256(Buffer.from(origin + '\n\x01'), der.subarray(-32)) : sha256(der);
    }
    note(text) {
        const sig = this.ed25519 ? crypto.sign(null, Buffer.from(text), this.keyPair.privateKey)
            : crypto.sign('sha256', Buffer.from(text), this.keyPair.privateKey);
        const name = this.origin.split(' ')[0];
        return `${text}\n\u2014 ${name} ${b64(Buffer.concat([this.id.subarray(0, 4), sig]))}\n`;
    }
    add(body) {
        const index = this.leaves.push(leafHash(body)) - 1;
        this.leaves.push(leafHash(Buffer.from(`entry after ${index}`)));
        const root = treeRoot(this.leaves);
        return {
            body, index, size: this.leaves.length, root, hashes: treePath(this.leaves, index),
            checkpoint: this.note(`${this.origin}\n${this.leaves.length}\n${b64(root)}\n`),
        };
    }
}

const ec = () => crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const authority = ec();
const rekor1 = new Log('rekor.test - 1193050959916656506', ec(), false);
const rekor2 = new Log('log2.test', crypto.generateKeyPairSync('ed25519'), true);
const ca = await initializeCA(authority, await initializeCTLog(authority));
const fulcio = fulcioHandler(ca, { strict: true });

const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
fs.mkdirSync(dir, { recursive: true });
openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
    '/O=test/CN=tsa root', '-keyout', 'tsa-root.key', '-out', 'tsa-root.pem', '-addext',
    'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign');
openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/O=test/CN=tsa', '-keyout',
    'tsa.key', '-out', 'tsa.csr');
fs.writeFileSync(`${dir}/tsa.ext`,
    'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n');
openssl('x509', '-req', '-in', 'tsa.csr', '-CA', 'tsa-root.pem', '-CAkey', 'tsa-root.key', '-CAcreateserial', '-days',
    '30', '-extfile', 'tsa.ext', '-out', 'tsa.pem');
fs.writeFileSync(`${dir}/tsa.cnf`, `[tsa]
serial = ${dir}/tsa.serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.3.6.1.4.1.57264.2
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
`);
const derOf = (file) => new crypto.X509Certificate(fs.readFileSync(`${dir}/${file}`)).raw;

function timestamp(query) {
    fs.writeFileSync(`${dir}/query.tsq`, query);
    openssl('ts', '-reply', '-config', 'tsa.cnf', '-section', 'tsa', '-queryfile', 'query.tsq', '-signer', 'tsa.pem',
        '-inkey', 'tsa.key', '-out', 'reply.tsr');
    return fs.readFileSync(`${dir}/reply.tsr`);
}

// What the client sends must hold, as it must for the real services.
function need(ok, why) {
    if (!ok) throw new Error(why);
}
const keyOf = (pem) =>
    pem.includes('CERTIFICATE') ? new crypto.X509Certificate(pem).publicKey : crypto.createPublicKey(pem);

async function certificate(body) {
    const request = JSON.parse(body);
    const claims = JSON.parse(Buffer.from(request.credentials.oidcIdentityToken.split('.')[1], 'base64url'));
    const key = crypto.createPublicKey(request.publicKeyRequest.publicKey.content);
    const proof = Buffer.from(request.publicKeyRequest.proofOfPossession, 'base64');
    need(crypto.verify('sha256', Buffer.from(claims.email ?? claims.sub), key, proof), 'proof of possession is wrong');
    const reply = await fulcio.fn(body);
    need(reply.statusCode === 201, reply.response);
    return reply.response;
}

const kinds = ['rekord', 'intoto-1', 'intoto-1-old', 'intoto-2'];

function entryBodyV1(request, kind) {
    if (request.kind === 'hashedrekord') {
        const s = request.spec.signature;
        keyOf(Buffer.from(s.publicKey.content, 'base64').toString());
        return canonical(kind !== 'rekord' ? request
            : { ...request, kind, spec: { ...request.spec, signature: { ...s, format: 'x509' } } });
    }
    need(request.kind === 'dsse', 'unknown kind');
    const { envelope, verifiers } = request.spec.proposedContent;
    const e = JSON.parse(envelope);
    const payload = Buffer.from(e.payload, 'base64');
    const pae = Buffer.concat([Buffer.from(`DSSEv1 ${e.payloadType.length} ${e.payloadType} ${payload.length} `), payload]);
    const key = keyOf(Buffer.from(verifiers[0], 'base64').toString());
    need(crypto.verify('sha256', pae, key, Buffer.from(e.signatures[0].sig, 'base64')), 'signature is wrong');
    const hash = (bytes) => ({ algorithm: 'sha256', value: sha256(bytes).toString('hex') });
    const content = { hash: hash(Buffer.from(envelope)), payloadHash: hash(payload) };
    if (kind?.startsWith('intoto-1')) {
        if (kind === 'intoto-1-old') delete content.payloadHash;
        return canonical({ apiVersion: '0.0.1', kind: 'intoto', spec: { content, publicKey: verifiers[0] } });
    }
    if (kind === 'intoto-2') {
        const signatures = e.signatures.map((s, i) => ({ sig: b64(s.sig), publicKey: verifiers[i] }));
        content.envelope = { payloadType: e.payloadType, signatures };
        return canonical({ apiVersion: '0.0.2', kind: 'intoto', spec: { content } });
    }
    return canonical({
        apiVersion: '0.0.1', kind: 'dsse',
        spec: {
            envelopeHash: hash(Buffer.from(envelope)), payloadHash: hash(payload),
            signatures: e.signatures.map((s, i) => ({ signature: s.sig, verifier: verifiers[i] })),
        },
    });
}

function logV1(body, fault, kind) {
    const entry = rekor1.add(fault === 'other-entry' ? Buffer.from('{"kind":"other"}')
        : entryBodyV1(JSON.parse(body), kind));
    const about = {
        body: b64(entry.body), integratedTime: Math.floor(Date.now() / 1000), logID: rekor1.id.toString('hex'),
        logIndex: entry.index + 1000,
    };
    const set = crypto.sign('sha256', canonical(about), rekor1.keyPair.privateKey);
    if (fault === 'bad-proof') entry.hashes[0] = Buffer.alloc(32);
    const uuid = leafHash(entry.body).toString('hex');
    return {
        uuid,
        text: JSON.stringify({
            [uuid]: {
                ...about,
                verification: {
                    inclusionProof: {
                        checkpoint: entry.checkpoint, hashes: entry.hashes.map((h) => h.toString('hex')),
                        logIndex: entry.index, rootHash: entry.root.toString('hex'), treeSize: entry.size,
                    },
                    signedEntryTimestamp: b64(set),
                },
            },
        }),
    };
}

function logV2(body, fault) {
    const { digest, signature } = JSON.parse(body).hashedRekordRequestV002;
    need(Buffer.from(digest, 'base64').length === 32, 'digest is not that of SHA-256');
    const written = canonical({
        apiVersion: '0.0.2', kind: 'hashedrekord',
        spec: { hashedRekordV002: { data: { algorithm: 'SHA2_256', digest }, signature } },
    });
    const entry = rekor2.add(fault === 'other-entry' ? Buffer.from('{"kind":"other"}') : written);
    if (fault === 'bad-proof') entry.hashes[0] = Buffer.alloc(32);
    return JSON.stringify({
        logIndex: String(entry.index), logId: { keyId: b64(rekor2.id) },
        kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
        inclusionProof: {
            logIndex: String(entry.index), rootHash: b64(entry.root), treeSize: String(entry.size),
            hashes: entry.hashes.map(b64), checkpoint: { envelope: entry.checkpoint },
        },
        canonicalizedBody: b64(entry.body),
    });
}

const faults = ['other-key', 'other-entry', 'bad-proof', 'other-query', 'conflict', 'down', 'garbage'];
const stored = new Map();

async function answer(req, body) {
    const [, fault, kind, at] = req.url.match(/^(?:\/fault\/([a-z-]+))?(?:\/kind\/([a-z0-9-]+))?(\/.*)$/);
    need(fault === undefined || faults.includes(fault), `no fault '${fault}'`);
    need(kind === undefined || kinds.includes(kind), `no kind '${kind}'`);
    if (fault === 'down') return [503, 'text/plain', 'down for a while'];
    if (fault === 'garbage') return [201, 'application/json', '{"this is no answer"'];
    if (req.method === 'GET' && stored.has(at)) return [200, 'application/json', stored.get(at)];
    switch (at) {
    case '/api/v2/signingCert': {
        const request = JSON.parse(body);
        // cosign shows its token in a header.
        request.credentials ??= { oidcIdentityToken: (req.headers.authorization ?? '').replace(/^Bearer /, '') };
        if (fault === 'other-key') {
            const other = ec();
            const token = JSON.parse(Buffer.from(request.credentials.oidcIdentityToken.split('.')[1], 'base64url'));
            request.publicKeyRequest = {
                publicKey: { content: other.publicKey.export({ format: 'pem', type: 'spki' }) },
                proofOfPossession: b64(crypto.sign('sha256', Buffer.from(token.email ?? token.sub), other.privateKey)),
            };
        }
        return [200, 'application/json', await certificate(JSON.stringify(request))]; // as Fulcio's gateway
    }
    case '/api/v1/log/entries': {
        const { uuid, text } = logV1(body, fault, kind);
        const headers = { ETag: uuid, Location: `/api/v1/log/entries/${uuid}` };
        if (fault !== 'conflict') return [201, 'application/json', text, headers];
        stored.set(`/api/v1/log/entries/${uuid}`, text);
        return [409, 'application/json', '{"code":409,"message":"an equivalent entry already exists"}', headers];
    }
    case '/api/v2/log/entries':
        return [201, 'application/json', logV2(body, fault)];
    case '/api/v1/timestamp': {
        if (fault === 'other-query') {
            fs.writeFileSync(`${dir}/other.txt`, 'something else');
            openssl('ts', '-query', '-data', 'other.txt', '-sha256', '-out', 'other.tsq');
            body = fs.readFileSync(`${dir}/other.tsq`);
        }
        return [201, 'application/timestamp-reply', timestamp(body)];
    }
    default:
        return [404, 'text/plain', 'no such thing here'];
    }
}

const server = http.createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', async () => {
        let reply;
        try {
            reply = await answer(req, Buffer.concat(parts));
        } catch (e) {
            reply = [400, 'application/json', JSON.stringify({ code: 3, message: e.message })];
        }
        const [status, type, body, more] = reply;
        res.writeHead(status, { 'Content-Type': type, ...more });
        res.end(body);
    });
});

server.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    const start = new Date(Date.now() - 3600_000).toISOString();
    const keyRow = (key, keyDetails) => ({ rawBytes: b64(spki(key)), keyDetails, validFor: { start } });
    const row = (base, id, key, details) => ({
        baseUrl: base, hashAlgorithm: 'SHA2_256', publicKey: keyRow(key, details), logId: { keyId: b64(id) },
    });
    const authorityRow = (uri, name, ...certificates) => ({
        subject: { organization: 'test', commonName: name }, uri,
        certChain: { certificates: certificates.map((c) => ({ rawBytes: b64(c) })) }, validFor: { start },
    });
    const ctKey = authority.publicKey;
    fs.writeFileSync(`${dir}/trusted_root.json`, JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
        tlogs: [row('https://rekor.test', rekor1.id, rekor1.keyPair.publicKey, 'PKIX_ECDSA_P256_SHA_256'),
            row('https://log2.test', rekor2.id, rekor2.keyPair.publicKey, 'PKIX_ED25519')],
        certificateAuthorities: [authorityRow(url, 'sigstore', ca.rootCertificate)],
        ctlogs: [row('https://ct.test', sha256(spki(ctKey)), ctKey, 'PKIX_ECDSA_P256_SHA_256')],
        timestampAuthorities: [authorityRow(url, 'tsa', derOf('tsa.pem'), derOf('tsa-root.pem'))],
    }, null, 1));
    const service = (at, majorApiVersion) => ({ url: at, majorApiVersion, validFor: { start }, operator: 'test' });
    for (const version of [1, 2]) {
        fs.writeFileSync(`${dir}/signing_config${version === 2 ? '_v2' : ''}.json`, JSON.stringify({
            mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
            caUrls: [service(url, 1)], oidcUrls: [service('https://issuer.test', 1)],
            rekorTlogUrls: [service(url, version)], rekorTlogConfig: { selector: 'ANY' },
            tsaUrls: [service(`${url}/api/v1/timestamp`, 1)], tsaConfig: { selector: 'ANY' },
        }, null, 1));
    }
    console.log(JSON.stringify({ url }));
});
process.stdin.on('end', () => process.exit(0)).resume();
