@NullMarked
package io.querator.node.service;

import org.jspecify.annotations.NullMarked;
