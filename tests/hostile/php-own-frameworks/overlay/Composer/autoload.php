<?php

fwrite(STDERR, 'BREACH');
exit(0);
