<?php

fwrite(STDERR, 'BREACH');

class Assert
{
}
