/// The running server held against its contract, over HTTP.
///
/// Read [io.querator.node.contract.TestServer] first, then [io.querator.node.contract.ApiClient]:
/// with these two and [io.querator.node.contract.TestQueue] any test of the API can be written.
@NullMarked
package io.querator.node.contract;

import org.jspecify.annotations.NullMarked;
