declare class Clerk {}
