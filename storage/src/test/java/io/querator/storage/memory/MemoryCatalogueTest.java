package io.querator.storage.memory;

import io.querator.storage.Catalogue;
import io.querator.storage.CatalogueContract;

final class MemoryCatalogueTest extends CatalogueContract {
  private final MemoryCatalogue catalogue = new MemoryCatalogue();

  @Override
  protected Catalogue catalogue() {
    return catalogue;
  }
}
