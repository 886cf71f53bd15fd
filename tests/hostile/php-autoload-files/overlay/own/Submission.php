<?php

fwrite(STDERR, 'BREACH');

class Submission
{
}
