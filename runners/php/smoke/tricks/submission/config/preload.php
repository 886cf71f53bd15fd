<?php

throw new Error('evil');
