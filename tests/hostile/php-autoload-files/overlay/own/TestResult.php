<?php

fwrite(STDERR, 'BREACH');

class TestResult
{
}
