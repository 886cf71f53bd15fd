<?php

echo 'nothing says that this is to be started';
