<?php

fwrite(STDERR, 'BREACH');

class IsIdentical
{
}
