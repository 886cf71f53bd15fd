<?php

fwrite(STDERR, 'BREACH');

class TestSuite
{
}
