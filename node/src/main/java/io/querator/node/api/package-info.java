/// The calls of the API between their messages and the service: checks in the order and with the
/// texts of the contract, and one table of refusals.
///
/// Read [io.querator.node.api.Api] first, which names the handler of each call. Handlers have no
/// state and run on the threads of their callers.
@NullMarked
package io.querator.node.api;

import org.jspecify.annotations.NullMarked;
