// SPDX-License-Identifier: Apache-2.0
// Sigstore's own verifier in JavaScript about one bundle, for tests:
//   node sigstore-verify.mjs MODULES BUNDLE ARTIFACT [--root FILE] [--key FILE | --identity ID --issuer URL] [--log]
// MODULES: folder of node_modules with @sigstore/verify. ARTIFACT: the file; "-" where the bundle is about a statement.
// --log: an entry of a log is asked for of a key's signature, too. Status 0 and a line where it is accepted, else 1 and why.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { root: text, key: text, identity: text, issuer: text, log: { type: 'boolean' } },
});
const [modules, bundleFile, artifact] = positionals;
const need = createRequire(path.resolve(modules) + '/');
const { bundleFromJSON } = need('@sigstore/bundle');
const { TrustedRoot } = need('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = need('@sigstore/verify');

const none = { tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] };
const json = (file) => JSON.parse(fs.readFileSync(file));
try {
    const root = values.root ? TrustedRoot.fromJSON(json(values.root)) : TrustedRoot.fromJSON(none);
    const key = values.key && crypto.createPublicKey(fs.readFileSync(values.key));
    const material = toTrustMaterial(root, key ? () => ({ publicKey: key, validFor: () => true }) : undefined);
    const wanted = key ? { tlogThreshold: values.log ? 1 : 0, ctlogThreshold: 0, timestampThreshold: 0 } : {};
    const bundle = bundleFromJSON(json(bundleFile));
    const entity = toSignedEntity(bundle, artifact === '-' ? undefined : fs.readFileSync(artifact));
    const policy = key ? undefined : { subjectAlternativeName: values.identity, extensions: { issuer: values.issuer } };
    const signer = new Verifier(material, wanted).verify(entity, policy);
    console.log(JSON.stringify({ accepted: signer.identity?.subjectAlternativeName ?? 'key' }));
} catch (e) {
    console.error(`${e.code ?? e.name}: ${e.message}`);
    process.exit(1);
}
