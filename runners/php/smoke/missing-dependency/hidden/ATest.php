<?php

final class ATest extends Frobnicate\TestCase
{
}
