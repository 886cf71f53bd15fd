<?php

fwrite(STDERR, 'BREACH');

class TestCase
{
}
