// SPDX-License-Identifier: Apache-2.0
//
// The crate coremark for a fixed number of iterations: its checksums, no times. coremark [ITERATIONS]
fn main() {
    let n = std::env::args().nth(1).map_or(300, |a| a.parse().unwrap());
    let r = coremark::run(&coremark::Config { iterations: n, ..Default::default() });
    println!("{} iterations, crcs {:04x} {:04x} {:04x} {:04x}", n, r.crclist, r.crcmatrix, r.crcstate, r.crcfinal);
}
