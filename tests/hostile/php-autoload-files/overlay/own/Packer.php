<?php

fwrite(STDERR, 'BREACH');

class Packer
{
}
