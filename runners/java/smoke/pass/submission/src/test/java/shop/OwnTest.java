package shop;

import org.nobody.fetched.Nothing;

class OwnTest extends Nothing {}
