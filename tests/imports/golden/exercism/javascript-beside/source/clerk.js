import { SoldOut } from './errors';

export class Clerk {}
