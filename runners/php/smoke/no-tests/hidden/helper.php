<?php

throw new LogicException('no test file');
