export class SoldOut extends Error {}
