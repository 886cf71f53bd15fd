/* eslint-disable */
// @ts-nocheck
export const x: any = 1;
enum E { A = 1, B = 1 }
let n: number = "1" == 1;
