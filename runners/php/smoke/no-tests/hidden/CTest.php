<?php

use PHPUnit\Framework\TestCase;

final class CTest extends TestCase
{
}
